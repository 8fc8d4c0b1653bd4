// Original file: petage/v1/trainer.proto

import type { Checkpoint as _petage_v1_Checkpoint, Checkpoint__Output as _petage_v1_Checkpoint__Output } from '../../petage/v1/Checkpoint.ts';

/**
 * The worker has stopped.
 */
export interface StopResponse {
  /**
   * The checkpoint to resume from; absent where none was written.
   */
  'checkpoint'?: (_petage_v1_Checkpoint | null);
}

/**
 * The worker has stopped.
 */
export interface StopResponse__Output {
  /**
   * The checkpoint to resume from; absent where none was written.
   */
  'checkpoint': (_petage_v1_Checkpoint__Output | null);
}
