// Original file: petage/v1/evaluator.proto

/**
 * What an evaluator is doing.
 */
export const EvaluatorPhase = {
  /**
   * Not known.
   */
  EVALUATOR_PHASE_UNSPECIFIED: 'EVALUATOR_PHASE_UNSPECIFIED',
  /**
   * Waiting for a call.
   */
  EVALUATOR_PHASE_IDLE: 'EVALUATOR_PHASE_IDLE',
  /**
   * Loading a checkpoint.
   */
  EVALUATOR_PHASE_LOADING: 'EVALUATOR_PHASE_LOADING',
  /**
   * Evaluating.
   */
  EVALUATOR_PHASE_EVALUATING: 'EVALUATOR_PHASE_EVALUATING',
} as const;

/**
 * What an evaluator is doing.
 */
export type EvaluatorPhase =
  /**
   * Not known.
   */
  | 'EVALUATOR_PHASE_UNSPECIFIED'
  | 0
  /**
   * Waiting for a call.
   */
  | 'EVALUATOR_PHASE_IDLE'
  | 1
  /**
   * Loading a checkpoint.
   */
  | 'EVALUATOR_PHASE_LOADING'
  | 2
  /**
   * Evaluating.
   */
  | 'EVALUATOR_PHASE_EVALUATING'
  | 3

/**
 * What an evaluator is doing.
 */
export type EvaluatorPhase__Output = typeof EvaluatorPhase[keyof typeof EvaluatorPhase]
