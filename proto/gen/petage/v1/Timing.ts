// Original file: petage/v1/inference.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

/**
 * Where the time went.
 */
export interface Timing {
  /**
   * Decoding the photo and bringing it to the model's size, without the wait for it.
   */
  'decode'?: (_google_protobuf_Duration | null);
  /**
   * Waiting for a decoder and for a batch.
   */
  'queue'?: (_google_protobuf_Duration | null);
  /**
   * The model, for the whole batch.
   */
  'compute'?: (_google_protobuf_Duration | null);
  /**
   * From the request to the answer, inside the server.
   */
  'total'?: (_google_protobuf_Duration | null);
  /**
   * Photos in the batch that this one was part of.
   */
  'batchSize'?: (number);
}

/**
 * Where the time went.
 */
export interface Timing__Output {
  /**
   * Decoding the photo and bringing it to the model's size, without the wait for it.
   */
  'decode': (_google_protobuf_Duration__Output | null);
  /**
   * Waiting for a decoder and for a batch.
   */
  'queue': (_google_protobuf_Duration__Output | null);
  /**
   * The model, for the whole batch.
   */
  'compute': (_google_protobuf_Duration__Output | null);
  /**
   * From the request to the answer, inside the server.
   */
  'total': (_google_protobuf_Duration__Output | null);
  /**
   * Photos in the batch that this one was part of.
   */
  'batchSize': (number);
}
