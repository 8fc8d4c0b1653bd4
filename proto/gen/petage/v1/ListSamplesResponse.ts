// Original file: petage/v1/data_loader.proto

import type { Sample as _petage_v1_Sample, Sample__Output as _petage_v1_Sample__Output } from '../../petage/v1/Sample.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One page of samples.
 */
export interface ListSamplesResponse {
  /**
   * In the dataset's order.
   */
  'samples'?: (_petage_v1_Sample)[];
  /**
   * Token of the next page; empty on the last one.
   */
  'nextPageToken'?: (string);
  /**
   * Samples in the whole split.
   */
  'totalSize'?: (number | string | Long);
}

/**
 * One page of samples.
 */
export interface ListSamplesResponse__Output {
  /**
   * In the dataset's order.
   */
  'samples': (_petage_v1_Sample__Output)[];
  /**
   * Token of the next page; empty on the last one.
   */
  'nextPageToken': (string);
  /**
   * Samples in the whole split.
   */
  'totalSize': (number);
}
