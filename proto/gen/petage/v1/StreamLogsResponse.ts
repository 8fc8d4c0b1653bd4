// Original file: petage/v1/controller.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { LogStream as _petage_v1_LogStream, LogStream__Output as _petage_v1_LogStream__Output } from '../../petage/v1/LogStream.ts';

/**
 * One line of log.
 */
export interface StreamLogsResponse {
  /**
   * The process that wrote it.
   */
  'worker'?: (string);
  /**
   * Without its line break.
   */
  'line'?: (string);
  /**
   * When it arrived.
   */
  'time'?: (_google_protobuf_Timestamp | null);
  /**
   * Where it was written.
   */
  'stream'?: (_petage_v1_LogStream);
}

/**
 * One line of log.
 */
export interface StreamLogsResponse__Output {
  /**
   * The process that wrote it.
   */
  'worker': (string);
  /**
   * Without its line break.
   */
  'line': (string);
  /**
   * When it arrived.
   */
  'time': (_google_protobuf_Timestamp__Output | null);
  /**
   * Where it was written.
   */
  'stream': (_petage_v1_LogStream__Output);
}
