// Original file: petage/v1/trainer.proto


/**
 * Asks a worker to end.
 */
export interface StopRequest {
  /**
   * Write a checkpoint first, from which the job can be resumed.
   */
  'saveCheckpoint'?: (boolean);
}

/**
 * Asks a worker to end.
 */
export interface StopRequest__Output {
  /**
   * Write a checkpoint first, from which the job can be resumed.
   */
  'saveCheckpoint': (boolean);
}
