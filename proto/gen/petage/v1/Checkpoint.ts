// Original file: petage/v1/common.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A complete checkpoint in a store.
 */
export interface Checkpoint {
  /**
   * Where it lies, as `load_from` and `resume` take it: a path or a URI (file://, nats://).
   */
  'uri'?: (string);
  /**
   * Optimizer steps done when it was written.
   */
  'step'?: (number | string | Long);
  /**
   * Epochs completed when it was written.
   */
  'epoch'?: (number);
  /**
   * SHA-256 of the weights file, in lower-case hexadecimal digits.
   */
  'sha256'?: (string);
  /**
   * When it was complete.
   */
  'createTime'?: (_google_protobuf_Timestamp | null);
}

/**
 * A complete checkpoint in a store.
 */
export interface Checkpoint__Output {
  /**
   * Where it lies, as `load_from` and `resume` take it: a path or a URI (file://, nats://).
   */
  'uri': (string);
  /**
   * Optimizer steps done when it was written.
   */
  'step': (number);
  /**
   * Epochs completed when it was written.
   */
  'epoch': (number);
  /**
   * SHA-256 of the weights file, in lower-case hexadecimal digits.
   */
  'sha256': (string);
  /**
   * When it was complete.
   */
  'createTime': (_google_protobuf_Timestamp__Output | null);
}
