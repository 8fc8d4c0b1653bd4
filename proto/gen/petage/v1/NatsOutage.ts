// Original file: petage/v1/trainer.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * Time in which NATS carries nothing; without its times the outage is over.
 */
export interface NatsOutage {
  /**
   * When it began.
   */
  'since'?: (_google_protobuf_Timestamp | null);
  /**
   * When the worker gives up.
   */
  'givesUpAt'?: (_google_protobuf_Timestamp | null);
}

/**
 * Time in which NATS carries nothing; without its times the outage is over.
 */
export interface NatsOutage__Output {
  /**
   * When it began.
   */
  'since': (_google_protobuf_Timestamp__Output | null);
  /**
   * When the worker gives up.
   */
  'givesUpAt': (_google_protobuf_Timestamp__Output | null);
}
