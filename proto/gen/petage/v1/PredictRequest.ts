// Original file: petage/v1/inference.proto


/**
 * One photo.
 */
export interface PredictRequest {
  /**
   * The encoded file: JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or netpbm. At most `GetModelResponse.max_image_bytes`.
   */
  'image'?: (Buffer | Uint8Array | string);
  /**
   * The caller's name for it, repeated in the answer; at most 128 characters. Made up by the server when empty.
   */
  'requestId'?: (string);
  /**
   * How many of the most probable ages to list; 0 means 5, at most the number of classes.
   */
  'topK'?: (number);
  /**
   * Probability that the interval shall hold, above 0 and below 1; absent means 0.8.
   */
  'intervalCoverage'?: (number | string);
  '_intervalCoverage'?: "intervalCoverage";
}

/**
 * One photo.
 */
export interface PredictRequest__Output {
  /**
   * The encoded file: JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or netpbm. At most `GetModelResponse.max_image_bytes`.
   */
  'image': (Buffer);
  /**
   * The caller's name for it, repeated in the answer; at most 128 characters. Made up by the server when empty.
   */
  'requestId': (string);
  /**
   * How many of the most probable ages to list; 0 means 5, at most the number of classes.
   */
  'topK': (number);
  /**
   * Probability that the interval shall hold, above 0 and below 1; absent means 0.8.
   */
  'intervalCoverage'?: (number);
  '_intervalCoverage'?: "intervalCoverage";
}
