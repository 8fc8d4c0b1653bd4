// Original file: petage/v1/evaluator.proto

import type { EvaluatorPhase as _petage_v1_EvaluatorPhase, EvaluatorPhase__Output as _petage_v1_EvaluatorPhase__Output } from '../../petage/v1/EvaluatorPhase.ts';
import type { EvaluationProgress as _petage_v1_EvaluationProgress, EvaluationProgress__Output as _petage_v1_EvaluationProgress__Output } from '../../petage/v1/EvaluationProgress.ts';

/**
 * What the evaluator is doing.
 */
export interface EvaluatorServiceGetStatusResponse {
  /**
   * What it is doing.
   */
  'phase'?: (_petage_v1_EvaluatorPhase);
  /**
   * The checkpoint at work; empty while idle.
   */
  'checkpointUri'?: (string);
  /**
   * How far it is; absent while idle.
   */
  'progress'?: (_petage_v1_EvaluationProgress | null);
  /**
   * Evaluations that wait for their turn.
   */
  'queuedCount'?: (number);
}

/**
 * What the evaluator is doing.
 */
export interface EvaluatorServiceGetStatusResponse__Output {
  /**
   * What it is doing.
   */
  'phase': (_petage_v1_EvaluatorPhase__Output);
  /**
   * The checkpoint at work; empty while idle.
   */
  'checkpointUri': (string);
  /**
   * How far it is; absent while idle.
   */
  'progress': (_petage_v1_EvaluationProgress__Output | null);
  /**
   * Evaluations that wait for their turn.
   */
  'queuedCount': (number);
}
