// Original file: petage/v1/controller.proto


/**
 * The workers of the present attempt, counted.
 */
export interface WorkerCounts {
  /**
   * Wanted.
   */
  'desired'?: (number);
  /**
   * Created, whatever came of them.
   */
  'created'?: (number);
  /**
   * In the ring.
   */
  'ready'?: (number);
  /**
   * Ended well.
   */
  'succeeded'?: (number);
  /**
   * Ended badly.
   */
  'failed'?: (number);
  /**
   * "7/8": ready of desired.
   */
  'summary'?: (string);
}

/**
 * The workers of the present attempt, counted.
 */
export interface WorkerCounts__Output {
  /**
   * Wanted.
   */
  'desired': (number);
  /**
   * Created, whatever came of them.
   */
  'created': (number);
  /**
   * In the ring.
   */
  'ready': (number);
  /**
   * Ended well.
   */
  'succeeded': (number);
  /**
   * Ended badly.
   */
  'failed': (number);
  /**
   * "7/8": ready of desired.
   */
  'summary': (string);
}
