// Original file: petage/v1/data_loader.proto

import type { Split as _petage_v1_Split, Split__Output as _petage_v1_Split__Output } from '../../petage/v1/Split.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Asks for the batches of one rank in one epoch.
 */
export interface StreamBatchesRequest {
  /**
   * Which split.
   */
  'split'?: (_petage_v1_Split);
  /**
   * Seed of the order and of every random choice, 0 to 2^53 - 1; absent: the seed of the config.
   */
  'seed'?: (number | string | Long);
  /**
   * The epoch, from 0; it selects the order and the augmentation.
   */
  'epoch'?: (number);
  /**
   * This reader's rank, from 0.
   */
  'rank'?: (number);
  /**
   * Ranks that share the epoch; 0 means 1.
   */
  'worldSize'?: (number);
  /**
   * The first batch to send, from 0: where a resumed reader goes on.
   */
  'startStep'?: (number);
  /**
   * The batch to stop before; absent: all up to the last one of the epoch.
   */
  'endStep'?: (number);
  '_seed'?: "seed";
  '_endStep'?: "endStep";
}

/**
 * Asks for the batches of one rank in one epoch.
 */
export interface StreamBatchesRequest__Output {
  /**
   * Which split.
   */
  'split': (_petage_v1_Split__Output);
  /**
   * Seed of the order and of every random choice, 0 to 2^53 - 1; absent: the seed of the config.
   */
  'seed'?: (number);
  /**
   * The epoch, from 0; it selects the order and the augmentation.
   */
  'epoch': (number);
  /**
   * This reader's rank, from 0.
   */
  'rank': (number);
  /**
   * Ranks that share the epoch; 0 means 1.
   */
  'worldSize': (number);
  /**
   * The first batch to send, from 0: where a resumed reader goes on.
   */
  'startStep': (number);
  /**
   * The batch to stop before; absent: all up to the last one of the epoch.
   */
  'endStep'?: (number);
  '_seed'?: "seed";
  '_endStep'?: "endStep";
}
