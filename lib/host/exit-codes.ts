import type { ErrorCode } from "#lib/base/errors.ts";
import {
  COLLATERAL_EXIT_CODE,
  STOPPED_EXIT_CODE,
  TERMINATED_EXIT_CODE,
  USER_ERROR_EXIT_CODE,
} from "#lib/jobs/job-state.ts";

/** How a process of ours ends; failure policies may match on it. */
export const EXIT = {
  /** All work is done; of a trainer: the last step. */
  done: 0,
  /** Something failed; another attempt may succeed. */
  failed: 1,
  /** The user's input cannot be used; another attempt cannot succeed. */
  refused: USER_ERROR_EXIT_CODE,
  /** A caller stopped it before its work was done. */
  stopped: STOPPED_EXIT_CODE,
  /** Something that this process needs was lost: it is a victim, not the cause. */
  lost: COLLATERAL_EXIT_CODE,
  /** It was told to end before its work was done. */
  terminated: TERMINATED_EXIT_CODE,
} as const;

const REFUSED =
  /^(INVALID_ARGUMENT|NOT_FOUND|ALREADY_EXISTS|CONFIG_|DATASET_|IMAGE_|CHECKPOINT_|GRAPH_TOO_LARGE|TOO_MANY_BAD_SAMPLES)/;

const LOST: ReadonlySet<ErrorCode> = new Set(["PEER_LOST", "NATS_UNAVAILABLE", "UNAVAILABLE"]);

export function exitCodeOf(code: ErrorCode): number {
  if (LOST.has(code)) return EXIT.lost;
  if (code === "STOPPED") return EXIT.stopped;
  return REFUSED.test(code) ? EXIT.refused : EXIT.failed;
}
