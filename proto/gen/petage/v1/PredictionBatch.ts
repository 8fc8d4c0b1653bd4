// Original file: petage/v1/evaluator.proto

import type { SamplePrediction as _petage_v1_SamplePrediction, SamplePrediction__Output as _petage_v1_SamplePrediction__Output } from '../../petage/v1/SamplePrediction.ts';

/**
 * Predictions of one batch.
 */
export interface PredictionBatch {
  /**
   * In the dataset's order.
   */
  'predictions'?: (_petage_v1_SamplePrediction)[];
}

/**
 * Predictions of one batch.
 */
export interface PredictionBatch__Output {
  /**
   * In the dataset's order.
   */
  'predictions': (_petage_v1_SamplePrediction__Output)[];
}
