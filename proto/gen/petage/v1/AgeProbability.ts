// Original file: petage/v1/inference.proto


/**
 * One class of the distribution.
 */
export interface AgeProbability {
  /**
   * Age in months.
   */
  'months'?: (number);
  /**
   * 0 to 1.
   */
  'probability'?: (number | string);
}

/**
 * One class of the distribution.
 */
export interface AgeProbability__Output {
  /**
   * Age in months.
   */
  'months': (number);
  /**
   * 0 to 1.
   */
  'probability': (number);
}
