// Original file: petage/v1/data_loader.proto

import type { Split as _petage_v1_Split, Split__Output as _petage_v1_Split__Output } from '../../petage/v1/Split.ts';

/**
 * Asks for the description of a split.
 */
export interface GetDatasetRequest {
  /**
   * Which split.
   */
  'split'?: (_petage_v1_Split);
  /**
   * Ranks that share the split; 0 means 1.
   */
  'worldSize'?: (number);
}

/**
 * Asks for the description of a split.
 */
export interface GetDatasetRequest__Output {
  /**
   * Which split.
   */
  'split': (_petage_v1_Split__Output);
  /**
   * Ranks that share the split; 0 means 1.
   */
  'worldSize': (number);
}
