// Original file: petage/v1/evaluator.proto

import type { EvaluationProgress as _petage_v1_EvaluationProgress, EvaluationProgress__Output as _petage_v1_EvaluationProgress__Output } from '../../petage/v1/EvaluationProgress.ts';
import type { PredictionBatch as _petage_v1_PredictionBatch, PredictionBatch__Output as _petage_v1_PredictionBatch__Output } from '../../petage/v1/PredictionBatch.ts';
import type { EvaluationResult as _petage_v1_EvaluationResult, EvaluationResult__Output as _petage_v1_EvaluationResult__Output } from '../../petage/v1/EvaluationResult.ts';

/**
 * One event of an evaluation.
 */
export interface EvaluateResponse {
  /**
   * How far it is.
   */
  'progress'?: (_petage_v1_EvaluationProgress | null);
  /**
   * Predictions of one batch, in the dataset's order.
   */
  'predictions'?: (_petage_v1_PredictionBatch | null);
  /**
   * The end of the stream.
   */
  'result'?: (_petage_v1_EvaluationResult | null);
  /**
   * What happened.
   */
  'event'?: "progress"|"predictions"|"result";
}

/**
 * One event of an evaluation.
 */
export interface EvaluateResponse__Output {
  /**
   * How far it is.
   */
  'progress'?: (_petage_v1_EvaluationProgress__Output | null);
  /**
   * Predictions of one batch, in the dataset's order.
   */
  'predictions'?: (_petage_v1_PredictionBatch__Output | null);
  /**
   * The end of the stream.
   */
  'result'?: (_petage_v1_EvaluationResult__Output | null);
  /**
   * What happened.
   */
  'event'?: "progress"|"predictions"|"result";
}
