// Original file: petage/v1/inference.proto

import type { PredictRequest as _petage_v1_PredictRequest, PredictRequest__Output as _petage_v1_PredictRequest__Output } from '../../petage/v1/PredictRequest.ts';

/**
 * One photo of a stream.
 */
export interface PredictStreamRequest {
  /**
   * The photo, with a request_id that is unique in the stream.
   */
  'predict'?: (_petage_v1_PredictRequest | null);
}

/**
 * One photo of a stream.
 */
export interface PredictStreamRequest__Output {
  /**
   * The photo, with a request_id that is unique in the stream.
   */
  'predict': (_petage_v1_PredictRequest__Output | null);
}
