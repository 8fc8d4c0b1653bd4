// Original file: petage/v1/controller.proto


/**
 * What came of a job.
 */
export interface TrainingResult {
  /**
   * The checkpoint to serve: the best by `save_best`, else the last.
   */
  'modelUri'?: (string);
  /**
   * Of that checkpoint: "petage/mae_median".
   */
  'metrics'?: ({[key: string]: number | string});
}

/**
 * What came of a job.
 */
export interface TrainingResult__Output {
  /**
   * The checkpoint to serve: the best by `save_best`, else the last.
   */
  'modelUri': (string);
  /**
   * Of that checkpoint: "petage/mae_median".
   */
  'metrics': ({[key: string]: number});
}
