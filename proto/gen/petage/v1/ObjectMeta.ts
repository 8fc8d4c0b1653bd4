// Original file: petage/v1/controller.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Metadata, as in Kubernetes.
 */
export interface ObjectMeta {
  /**
   * Unique name: lower-case letters, digits and '-', at most 45 characters. Made up by the controller when empty.
   */
  'name'?: (string);
  /**
   * Unique over time. Set by the controller.
   */
  'uid'?: (string);
  /**
   * The user's own marks.
   */
  'labels'?: ({[key: string]: string});
  /**
   * When it was created. Set by the controller.
   */
  'createTime'?: (_google_protobuf_Timestamp | null);
  /**
   * Counts the changes of `spec`, from 1. Set by the controller.
   */
  'generation'?: (number | string | Long);
}

/**
 * Metadata, as in Kubernetes.
 */
export interface ObjectMeta__Output {
  /**
   * Unique name: lower-case letters, digits and '-', at most 45 characters. Made up by the controller when empty.
   */
  'name': (string);
  /**
   * Unique over time. Set by the controller.
   */
  'uid': (string);
  /**
   * The user's own marks.
   */
  'labels': ({[key: string]: string});
  /**
   * When it was created. Set by the controller.
   */
  'createTime': (_google_protobuf_Timestamp__Output | null);
  /**
   * Counts the changes of `spec`, from 1. Set by the controller.
   */
  'generation': (number);
}
