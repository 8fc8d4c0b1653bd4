// Original file: petage/v1/data_loader.proto

import type { Split as _petage_v1_Split, Split__Output as _petage_v1_Split__Output } from '../../petage/v1/Split.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A split, described.
 */
export interface GetDatasetResponse {
  /**
   * The split that was asked for.
   */
  'split'?: (_petage_v1_Split);
  /**
   * Samples in the whole split.
   */
  'sampleCount'?: (number | string | Long);
  /**
   * Images per batch and rank.
   */
  'batchSize'?: (number);
  /**
   * Batches that each rank sees in one epoch, for the `world_size` asked for.
   */
  'stepsPerEpoch'?: (number);
  /**
   * Class names by class index; for ages "0" to "191".
   */
  'classes'?: (string)[];
  /**
   * Samples per class, by class index.
   */
  'labelHistogram'?: (number | string | Long)[];
  /**
   * Samples without a label.
   */
  'unlabelledCount'?: (number | string | Long);
}

/**
 * A split, described.
 */
export interface GetDatasetResponse__Output {
  /**
   * The split that was asked for.
   */
  'split': (_petage_v1_Split__Output);
  /**
   * Samples in the whole split.
   */
  'sampleCount': (number);
  /**
   * Images per batch and rank.
   */
  'batchSize': (number);
  /**
   * Batches that each rank sees in one epoch, for the `world_size` asked for.
   */
  'stepsPerEpoch': (number);
  /**
   * Class names by class index; for ages "0" to "191".
   */
  'classes': (string)[];
  /**
   * Samples per class, by class index.
   */
  'labelHistogram': (number)[];
  /**
   * Samples without a label.
   */
  'unlabelledCount': (number);
}
