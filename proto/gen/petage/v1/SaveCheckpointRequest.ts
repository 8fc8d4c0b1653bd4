// Original file: petage/v1/trainer.proto


/**
 * Asks for a checkpoint now.
 */
export interface SaveCheckpointRequest {
}

/**
 * Asks for a checkpoint now.
 */
export interface SaveCheckpointRequest__Output {
}
