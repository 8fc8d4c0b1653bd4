// Original file: petage/v1/evaluator.proto


/**
 * Asks what the evaluator is doing.
 */
export interface EvaluatorServiceGetStatusRequest {
}

/**
 * Asks what the evaluator is doing.
 */
export interface EvaluatorServiceGetStatusRequest__Output {
}
