// Original file: petage/v1/common.proto


/**
 * The weights that gave an answer.
 */
export interface ModelVersion {
  /**
   * The name of the config that the model was trained with.
   */
  'name'?: (string);
  /**
   * Where in its training the weights were taken: "epoch_12".
   */
  'version'?: (string);
  /**
   * SHA-256 of the weights file, in lower-case hexadecimal digits.
   */
  'weightsSha256'?: (string);
}

/**
 * The weights that gave an answer.
 */
export interface ModelVersion__Output {
  /**
   * The name of the config that the model was trained with.
   */
  'name': (string);
  /**
   * Where in its training the weights were taken: "epoch_12".
   */
  'version': (string);
  /**
   * SHA-256 of the weights file, in lower-case hexadecimal digits.
   */
  'weightsSha256': (string);
}
