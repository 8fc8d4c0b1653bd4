// Original file: petage/v1/controller.proto

/**
 * What a failed worker leads to.
 */
export const FailureAction = {
  /**
   * Not set: RESTART.
   */
  FAILURE_ACTION_UNSPECIFIED: 'FAILURE_ACTION_UNSPECIFIED',
  /**
   * Restart from the last checkpoint; it counts.
   */
  FAILURE_ACTION_RESTART: 'FAILURE_ACTION_RESTART',
  /**
   * Restart from the last checkpoint; it does not count.
   */
  FAILURE_ACTION_RESTART_IGNORING_LIMIT: 'FAILURE_ACTION_RESTART_IGNORING_LIMIT',
  /**
   * The job has failed.
   */
  FAILURE_ACTION_FAIL_JOB: 'FAILURE_ACTION_FAIL_JOB',
} as const;

/**
 * What a failed worker leads to.
 */
export type FailureAction =
  /**
   * Not set: RESTART.
   */
  | 'FAILURE_ACTION_UNSPECIFIED'
  | 0
  /**
   * Restart from the last checkpoint; it counts.
   */
  | 'FAILURE_ACTION_RESTART'
  | 1
  /**
   * Restart from the last checkpoint; it does not count.
   */
  | 'FAILURE_ACTION_RESTART_IGNORING_LIMIT'
  | 2
  /**
   * The job has failed.
   */
  | 'FAILURE_ACTION_FAIL_JOB'
  | 3

/**
 * What a failed worker leads to.
 */
export type FailureAction__Output = typeof FailureAction[keyof typeof FailureAction]
