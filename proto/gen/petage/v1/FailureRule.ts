// Original file: petage/v1/controller.proto

import type { FailureAction as _petage_v1_FailureAction, FailureAction__Output as _petage_v1_FailureAction__Output } from '../../petage/v1/FailureAction.ts';

/**
 * One rule of a failure policy.
 */
export interface FailureRule {
  /**
   * Exit codes that it matches; empty: any.
   */
  'exitCodes'?: (number)[];
  /**
   * What is done.
   */
  'action'?: (_petage_v1_FailureAction);
}

/**
 * One rule of a failure policy.
 */
export interface FailureRule__Output {
  /**
   * Exit codes that it matches; empty: any.
   */
  'exitCodes': (number)[];
  /**
   * What is done.
   */
  'action': (_petage_v1_FailureAction__Output);
}
