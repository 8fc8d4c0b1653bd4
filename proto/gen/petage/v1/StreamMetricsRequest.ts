// Original file: petage/v1/trainer.proto


/**
 * Asks for the stream of metrics.
 */
export interface StreamMetricsRequest {
  /**
   * Send every n-th step; 0 means 1.
   */
  'intervalSteps'?: (number);
}

/**
 * Asks for the stream of metrics.
 */
export interface StreamMetricsRequest__Output {
  /**
   * Send every n-th step; 0 means 1.
   */
  'intervalSteps': (number);
}
