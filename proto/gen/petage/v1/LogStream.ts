// Original file: petage/v1/controller.proto

/**
 * Where a process wrote a line.
 */
export const LogStream = {
  /**
   * Not known.
   */
  LOG_STREAM_UNSPECIFIED: 'LOG_STREAM_UNSPECIFIED',
  /**
   * Standard output.
   */
  LOG_STREAM_STDOUT: 'LOG_STREAM_STDOUT',
  /**
   * Standard error.
   */
  LOG_STREAM_STDERR: 'LOG_STREAM_STDERR',
} as const;

/**
 * Where a process wrote a line.
 */
export type LogStream =
  /**
   * Not known.
   */
  | 'LOG_STREAM_UNSPECIFIED'
  | 0
  /**
   * Standard output.
   */
  | 'LOG_STREAM_STDOUT'
  | 1
  /**
   * Standard error.
   */
  | 'LOG_STREAM_STDERR'
  | 2

/**
 * Where a process wrote a line.
 */
export type LogStream__Output = typeof LogStream[keyof typeof LogStream]
