// Original file: petage/v1/trainer.proto


/**
 * Asks where a worker stands.
 */
export interface GetStatusRequest {
}

/**
 * Asks where a worker stands.
 */
export interface GetStatusRequest__Output {
}
