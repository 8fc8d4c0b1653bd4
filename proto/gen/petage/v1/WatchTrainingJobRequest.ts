// Original file: petage/v1/controller.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Asks to watch one job.
 */
export interface WatchTrainingJobRequest {
  /**
   * `metadata.name`.
   */
  'name'?: (string);
  /**
   * Send states newer than this sequence only; 0: begin with the state as it stands.
   */
  'afterSequence'?: (number | string | Long);
}

/**
 * Asks to watch one job.
 */
export interface WatchTrainingJobRequest__Output {
  /**
   * `metadata.name`.
   */
  'name': (string);
  /**
   * Send states newer than this sequence only; 0: begin with the state as it stands.
   */
  'afterSequence': (number);
}
