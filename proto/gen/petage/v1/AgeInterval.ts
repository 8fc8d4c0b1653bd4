// Original file: petage/v1/inference.proto


/**
 * A range of ages.
 */
export interface AgeInterval {
  /**
   * Lower end, in months.
   */
  'lowMonths'?: (number | string);
  /**
   * Upper end, in months.
   */
  'highMonths'?: (number | string);
  /**
   * The probability asked for, 0 to 1.
   */
  'coverage'?: (number | string);
}

/**
 * A range of ages.
 */
export interface AgeInterval__Output {
  /**
   * Lower end, in months.
   */
  'lowMonths': (number);
  /**
   * Upper end, in months.
   */
  'highMonths': (number);
  /**
   * The probability asked for, 0 to 1.
   */
  'coverage': (number);
}
