// Original file: petage/v1/controller.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

/**
 * How long a job may run and stay.
 */
export interface RunPolicy {
  /**
   * Do not run: workers are stopped, with a checkpoint, until it is false again.
   */
  'suspend'?: (boolean);
  /**
   * The longest the job may run, over all attempts; absent: no limit.
   */
  'activeDeadline'?: (_google_protobuf_Duration | null);
  /**
   * How long an ended job stays listed; absent: as long as the controller lives.
   */
  'ttlAfterFinished'?: (_google_protobuf_Duration | null);
}

/**
 * How long a job may run and stay.
 */
export interface RunPolicy__Output {
  /**
   * Do not run: workers are stopped, with a checkpoint, until it is false again.
   */
  'suspend': (boolean);
  /**
   * The longest the job may run, over all attempts; absent: no limit.
   */
  'activeDeadline': (_google_protobuf_Duration__Output | null);
  /**
   * How long an ended job stays listed; absent: as long as the controller lives.
   */
  'ttlAfterFinished': (_google_protobuf_Duration__Output | null);
}
