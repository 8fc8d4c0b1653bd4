// Original file: petage/v1/data_loader.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One photo of a dataset.
 */
export interface Sample {
  /**
   * The name in the annotation, or the path relative to the data prefix.
   */
  'sampleId'?: (string);
  /**
   * Position in the split, from 0.
   */
  'sampleIndex'?: (number | string | Long);
  /**
   * Age in months (the class index); absent where the sample has no label.
   */
  'label'?: (number);
  '_label'?: "label";
}

/**
 * One photo of a dataset.
 */
export interface Sample__Output {
  /**
   * The name in the annotation, or the path relative to the data prefix.
   */
  'sampleId': (string);
  /**
   * Position in the split, from 0.
   */
  'sampleIndex': (number);
  /**
   * Age in months (the class index); absent where the sample has no label.
   */
  'label'?: (number);
  '_label'?: "label";
}
