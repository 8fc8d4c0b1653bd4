// Original file: petage/v1/data_loader.proto

import type { Split as _petage_v1_Split, Split__Output as _petage_v1_Split__Output } from '../../petage/v1/Split.ts';

/**
 * Asks for one page of samples.
 */
export interface ListSamplesRequest {
  /**
   * Which split.
   */
  'split'?: (_petage_v1_Split);
  /**
   * Most samples to return; 0 means 100, at most 1000.
   */
  'pageSize'?: (number);
  /**
   * `next_page_token` of the page before; empty for the first page.
   */
  'pageToken'?: (string);
}

/**
 * Asks for one page of samples.
 */
export interface ListSamplesRequest__Output {
  /**
   * Which split.
   */
  'split': (_petage_v1_Split__Output);
  /**
   * Most samples to return; 0 means 100, at most 1000.
   */
  'pageSize': (number);
  /**
   * `next_page_token` of the page before; empty for the first page.
   */
  'pageToken': (string);
}
