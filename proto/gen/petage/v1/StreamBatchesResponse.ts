// Original file: petage/v1/data_loader.proto

import type { Tensor as _petage_v1_Tensor, Tensor__Output as _petage_v1_Tensor__Output } from '../../petage/v1/Tensor.ts';

/**
 * One batch.
 */
export interface StreamBatchesResponse {
  /**
   * Index of the batch within the epoch, from 0.
   */
  'step'?: (number);
  /**
   * UINT8 [N * views, H, W, 3], the views of a sample one after the other, channels in the order blue, green, red, before the data preprocessor.
   */
  'images'?: (_petage_v1_Tensor | null);
  /**
   * Age in months (the class index) of each sample; -1 where it has no label. [N]
   */
  'labels'?: (number)[];
  /**
   * The name of each sample in the dataset. [N]
   */
  'sampleIds'?: (string)[];
  /**
   * The position of each sample in the dataset, from 0. [N]
   */
  'sampleIndices'?: (number)[];
  /**
   * Samples that could not be read: replaced in training, left out in evaluation. Reported, never fatal.
   */
  'skippedSampleIds'?: (string)[];
  /**
   * CRC-32 (IEEE 802.3, as in zlib) of `images.data`.
   */
  'crc32'?: (number);
  /**
   * Images of each sample; 0 means 1.
   */
  'views'?: (number);
}

/**
 * One batch.
 */
export interface StreamBatchesResponse__Output {
  /**
   * Index of the batch within the epoch, from 0.
   */
  'step': (number);
  /**
   * UINT8 [N * views, H, W, 3], the views of a sample one after the other, channels in the order blue, green, red, before the data preprocessor.
   */
  'images': (_petage_v1_Tensor__Output | null);
  /**
   * Age in months (the class index) of each sample; -1 where it has no label. [N]
   */
  'labels': (number)[];
  /**
   * The name of each sample in the dataset. [N]
   */
  'sampleIds': (string)[];
  /**
   * The position of each sample in the dataset, from 0. [N]
   */
  'sampleIndices': (number)[];
  /**
   * Samples that could not be read: replaced in training, left out in evaluation. Reported, never fatal.
   */
  'skippedSampleIds': (string)[];
  /**
   * CRC-32 (IEEE 802.3, as in zlib) of `images.data`.
   */
  'crc32': (number);
  /**
   * Images of each sample; 0 means 1.
   */
  'views': (number);
}
