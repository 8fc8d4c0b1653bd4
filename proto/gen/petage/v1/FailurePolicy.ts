// Original file: petage/v1/controller.proto

import type { FailureRule as _petage_v1_FailureRule, FailureRule__Output as _petage_v1_FailureRule__Output } from '../../petage/v1/FailureRule.ts';

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
  '_maxRestarts'?: "maxRestarts";
}
