// Original file: petage/v1/inference.proto


/**
 * Asks for the model.
 */
export interface GetModelRequest {
}

/**
 * Asks for the model.
 */
export interface GetModelRequest__Output {
}
