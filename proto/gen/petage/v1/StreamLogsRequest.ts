// Original file: petage/v1/controller.proto


/**
 * Asks for log lines.
 */
export interface StreamLogsRequest {
  /**
   * `metadata.name`.
   */
  'name'?: (string);
  /**
   * Only of this process: "trainer-0", "data-loader"; empty: of all.
   */
  'worker'?: (string);
  /**
   * Go on with new lines until the job ends.
   */
  'follow'?: (boolean);
  /**
   * Begin with so many of the last lines kept; absent: with all that are kept.
   */
  'tailLines'?: (number);
  '_tailLines'?: "tailLines";
}

/**
 * Asks for log lines.
 */
export interface StreamLogsRequest__Output {
  /**
   * `metadata.name`.
   */
  'name': (string);
  /**
   * Only of this process: "trainer-0", "data-loader"; empty: of all.
   */
  'worker': (string);
  /**
   * Go on with new lines until the job ends.
   */
  'follow': (boolean);
  /**
   * Begin with so many of the last lines kept; absent: with all that are kept.
   */
  'tailLines'?: (number);
  '_tailLines'?: "tailLines";
}
