// Original file: petage/v1/inference.proto

import type { PredictResponse as _petage_v1_PredictResponse, PredictResponse__Output as _petage_v1_PredictResponse__Output } from '../../petage/v1/PredictResponse.ts';
import type { ErrorDetail as _petage_v1_ErrorDetail, ErrorDetail__Output as _petage_v1_ErrorDetail__Output } from '../../petage/v1/ErrorDetail.ts';

/**
 * One answer of a stream.
 */
export interface PredictStreamResponse {
  /**
   * Which request it answers.
   */
  'requestId'?: (string);
  /**
   * The age.
   */
  'response'?: (_petage_v1_PredictResponse | null);
  /**
   * Why there is none.
   */
  'error'?: (_petage_v1_ErrorDetail | null);
  /**
   * What came of it.
   */
  'result'?: "response"|"error";
}

/**
 * One answer of a stream.
 */
export interface PredictStreamResponse__Output {
  /**
   * Which request it answers.
   */
  'requestId': (string);
  /**
   * The age.
   */
  'response'?: (_petage_v1_PredictResponse__Output | null);
  /**
   * Why there is none.
   */
  'error'?: (_petage_v1_ErrorDetail__Output | null);
  /**
   * What came of it.
   */
  'result'?: "response"|"error";
}
