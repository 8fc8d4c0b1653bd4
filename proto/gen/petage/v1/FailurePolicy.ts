// Original file: petage/v1/controller.proto

import type { FailureRule as _petage_v1_FailureRule, FailureRule__Output as _petage_v1_FailureRule__Output } from '../../petage/v1/FailureRule.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

/**
 * What happens when a worker fails.
 */
export interface FailurePolicy {
  /**
   * Restarts allowed since the last new checkpoint; absent means 0 on one machine.
   */
  'maxRestarts'?: (number);
  /**
   * The first rule that matches decides; without one the job restarts while it may.
   */
  'rules'?: (_petage_v1_FailureRule)[];
  /**
   * How long workers wait, with everything in memory, for NATS that cannot be reached: no failure until then. Absent:
   * 10 minutes.
   */
  'natsOutage'?: (_google_protobuf_Duration | null);
  '_maxRestarts'?: "maxRestarts";
}

/**
 * What happens when a worker fails.
 */
export interface FailurePolicy__Output {
  /**
   * Restarts allowed since the last new checkpoint; absent means 0 on one machine.
   */
  'maxRestarts'?: (number);
  /**
   * The first rule that matches decides; without one the job restarts while it may.
   */
  'rules': (_petage_v1_FailureRule__Output)[];
  /**
   * How long workers wait, with everything in memory, for NATS that cannot be reached: no failure until then. Absent:
   * 10 minutes.
   */
  'natsOutage': (_google_protobuf_Duration__Output | null);
  '_maxRestarts'?: "maxRestarts";
}
