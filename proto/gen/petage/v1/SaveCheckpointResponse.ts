// Original file: petage/v1/trainer.proto

import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from '../../petage/v1/Checkpoint.ts';

/**
 * The checkpoint that was written.
 */
export interface SaveCheckpointResponse {
  /**
   * Where it lies and what it holds.
   */
  'checkpoint'?: (_petage_v1_Checkpoint | null);
}

/**
 * The checkpoint that was written.
 */
export interface SaveCheckpointResponse__Output {
  /**
   * Where it lies and what it holds.
   */
  'checkpoint': (_petage_v1_Checkpoint__Output | null);
}
