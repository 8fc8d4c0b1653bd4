// Original file: petage/v1/controller.proto


/**
 * Asks to end a job.
 */
export interface CancelTrainingJobRequest {
  /**
   * `metadata.name`.
   */
  'name'?: (string);
  /**
   * Write a checkpoint first, from which the job can be resumed.
   */
  'saveCheckpoint'?: (boolean);
}

/**
 * Asks to end a job.
 */
export interface CancelTrainingJobRequest__Output {
  /**
   * `metadata.name`.
   */
  'name': (string);
  /**
   * Write a checkpoint first, from which the job can be resumed.
   */
  'saveCheckpoint': (boolean);
}
