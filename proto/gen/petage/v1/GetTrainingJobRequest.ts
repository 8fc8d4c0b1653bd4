// Original file: petage/v1/controller.proto


/**
 * Asks for one job.
 */
export interface GetTrainingJobRequest {
  /**
   * `metadata.name`.
   */
  'name'?: (string);
}

/**
 * Asks for one job.
 */
export interface GetTrainingJobRequest__Output {
  /**
   * `metadata.name`.
   */
  'name': (string);
}
