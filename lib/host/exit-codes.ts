import type { ErrorCode } from "#lib/base/errors.ts";

/** How a process of ours ends; failure policies may match on it. */
export const EXIT = {
  done: 0,
  /** Something failed; another attempt may succeed. */
  failed: 1,
  /** The user's input cannot be used; another attempt cannot succeed. */
  refused: 3,
} as const;

const REFUSED = /^(INVALID_ARGUMENT|NOT_FOUND|ALREADY_EXISTS|CONFIG_|DATASET_|IMAGE_|CHECKPOINT_|TOO_MANY_BAD_SAMPLES)/;

export function exitCodeOf(code: ErrorCode): number {
  return REFUSED.test(code) ? EXIT.refused : EXIT.failed;
}
