// Original file: petage/v1/common.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A dense tensor, row-major and little-endian without padding. Large data is bytes, never `repeated float`.
 */
export interface Tensor {
  /**
   * The Open Inference Protocol's names: "UINT8", "INT32", "FP32".
   */
  'datatype'?: (string);
  /**
   * The size of each axis, outermost first.
   */
  'shape'?: (number | string | Long)[];
  /**
   * product(shape) elements.
   */
  'data'?: (Buffer | Uint8Array | string);
}

/**
 * A dense tensor, row-major and little-endian without padding. Large data is bytes, never `repeated float`.
 */
export interface Tensor__Output {
  /**
   * The Open Inference Protocol's names: "UINT8", "INT32", "FP32".
   */
  'datatype': (string);
  /**
   * The size of each axis, outermost first.
   */
  'shape': (number)[];
  /**
   * product(shape) elements.
   */
  'data': (Buffer);
}
