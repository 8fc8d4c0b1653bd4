// Original file: petage/v1/controller.proto

/**
 * Where a job stands. Terminal are SUCCEEDED, FAILED and CANCELLED.
 */
export const TrainingJobPhase = {
  /**
   * Not known.
   */
  TRAINING_JOB_PHASE_UNSPECIFIED: 'TRAINING_JOB_PHASE_UNSPECIFIED',
  /**
   * Accepted; nothing has been created yet.
   */
  TRAINING_JOB_PHASE_PENDING: 'TRAINING_JOB_PHASE_PENDING',
  /**
   * A queue, as that of Kueue, does not let it run yet: it has no workers.
   */
  TRAINING_JOB_PHASE_QUEUED: 'TRAINING_JOB_PHASE_QUEUED',
  /**
   * Waits for nodes or cores.
   */
  TRAINING_JOB_PHASE_SCHEDULING: 'TRAINING_JOB_PHASE_SCHEDULING',
  /**
   * Its processes start.
   */
  TRAINING_JOB_PHASE_STARTING: 'TRAINING_JOB_PHASE_STARTING',
  /**
   * It trains.
   */
  TRAINING_JOB_PHASE_RUNNING: 'TRAINING_JOB_PHASE_RUNNING',
  /**
   * Its workers start again from a checkpoint.
   */
  TRAINING_JOB_PHASE_RESTARTING: 'TRAINING_JOB_PHASE_RESTARTING',
  /**
   * `run_policy.suspend` is set.
   */
  TRAINING_JOB_PHASE_SUSPENDED: 'TRAINING_JOB_PHASE_SUSPENDED',
  /**
   * No job is in it: the result is evaluated while training is RUNNING.
   */
  TRAINING_JOB_PHASE_EVALUATING: 'TRAINING_JOB_PHASE_EVALUATING',
  /**
   * It is done.
   */
  TRAINING_JOB_PHASE_SUCCEEDED: 'TRAINING_JOB_PHASE_SUCCEEDED',
  /**
   * It cannot go on; `message` and `last_failure` tell why.
   */
  TRAINING_JOB_PHASE_FAILED: 'TRAINING_JOB_PHASE_FAILED',
  /**
   * A user ended it.
   */
  TRAINING_JOB_PHASE_CANCELLED: 'TRAINING_JOB_PHASE_CANCELLED',
} as const;

/**
 * Where a job stands. Terminal are SUCCEEDED, FAILED and CANCELLED.
 */
export type TrainingJobPhase =
  /**
   * Not known.
   */
  | 'TRAINING_JOB_PHASE_UNSPECIFIED'
  | 0
  /**
   * Accepted; nothing has been created yet.
   */
  | 'TRAINING_JOB_PHASE_PENDING'
  | 1
  /**
   * A queue, as that of Kueue, does not let it run yet: it has no workers.
   */
  | 'TRAINING_JOB_PHASE_QUEUED'
  | 2
  /**
   * Waits for nodes or cores.
   */
  | 'TRAINING_JOB_PHASE_SCHEDULING'
  | 3
  /**
   * Its processes start.
   */
  | 'TRAINING_JOB_PHASE_STARTING'
  | 4
  /**
   * It trains.
   */
  | 'TRAINING_JOB_PHASE_RUNNING'
  | 5
  /**
   * Its workers start again from a checkpoint.
   */
  | 'TRAINING_JOB_PHASE_RESTARTING'
  | 6
  /**
   * `run_policy.suspend` is set.
   */
  | 'TRAINING_JOB_PHASE_SUSPENDED'
  | 7
  /**
   * No job is in it: the result is evaluated while training is RUNNING.
   */
  | 'TRAINING_JOB_PHASE_EVALUATING'
  | 8
  /**
   * It is done.
   */
  | 'TRAINING_JOB_PHASE_SUCCEEDED'
  | 9
  /**
   * It cannot go on; `message` and `last_failure` tell why.
   */
  | 'TRAINING_JOB_PHASE_FAILED'
  | 10
  /**
   * A user ended it.
   */
  | 'TRAINING_JOB_PHASE_CANCELLED'
  | 11

/**
 * Where a job stands. Terminal are SUCCEEDED, FAILED and CANCELLED.
 */
export type TrainingJobPhase__Output = typeof TrainingJobPhase[keyof typeof TrainingJobPhase]
