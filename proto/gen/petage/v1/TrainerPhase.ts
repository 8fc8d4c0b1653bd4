// Original file: petage/v1/trainer.proto

/**
 * What a worker is doing.
 */
export const TrainerPhase = {
  /**
   * Not known.
   */
  TRAINER_PHASE_UNSPECIFIED: 'TRAINER_PHASE_UNSPECIFIED',
  /**
   * Loading the model and its weights.
   */
  TRAINER_PHASE_STARTING: 'TRAINER_PHASE_STARTING',
  /**
   * Waiting until every rank of the ring is there.
   */
  TRAINER_PHASE_WAITING_FOR_PEERS: 'TRAINER_PHASE_WAITING_FOR_PEERS',
  /**
   * Training.
   */
  TRAINER_PHASE_TRAINING: 'TRAINER_PHASE_TRAINING',
  /**
   * Waiting for the evaluation of this epoch.
   */
  TRAINER_PHASE_VALIDATING: 'TRAINER_PHASE_VALIDATING',
  /**
   * Writing a checkpoint.
   */
  TRAINER_PHASE_SAVING: 'TRAINER_PHASE_SAVING',
  /**
   * Ending before the last epoch, as it was told.
   */
  TRAINER_PHASE_STOPPING: 'TRAINER_PHASE_STOPPING',
  /**
   * Every epoch is done.
   */
  TRAINER_PHASE_FINISHED: 'TRAINER_PHASE_FINISHED',
  /**
   * Ended by an error.
   */
  TRAINER_PHASE_FAILED: 'TRAINER_PHASE_FAILED',
} as const;

/**
 * What a worker is doing.
 */
export type TrainerPhase =
  /**
   * Not known.
   */
  | 'TRAINER_PHASE_UNSPECIFIED'
  | 0
  /**
   * Loading the model and its weights.
   */
  | 'TRAINER_PHASE_STARTING'
  | 1
  /**
   * Waiting until every rank of the ring is there.
   */
  | 'TRAINER_PHASE_WAITING_FOR_PEERS'
  | 2
  /**
   * Training.
   */
  | 'TRAINER_PHASE_TRAINING'
  | 3
  /**
   * Waiting for the evaluation of this epoch.
   */
  | 'TRAINER_PHASE_VALIDATING'
  | 4
  /**
   * Writing a checkpoint.
   */
  | 'TRAINER_PHASE_SAVING'
  | 5
  /**
   * Ending before the last epoch, as it was told.
   */
  | 'TRAINER_PHASE_STOPPING'
  | 6
  /**
   * Every epoch is done.
   */
  | 'TRAINER_PHASE_FINISHED'
  | 7
  /**
   * Ended by an error.
   */
  | 'TRAINER_PHASE_FAILED'
  | 8

/**
 * What a worker is doing.
 */
export type TrainerPhase__Output = typeof TrainerPhase[keyof typeof TrainerPhase]
