import { PetageError } from "#lib/base/errors.ts";
import type { ErrorCode } from "#lib/base/errors.ts";
import type { RunState } from "./hook.ts";
import type { TrainingRun } from "./run.ts";

/** What a worker may lose while its own state stays whole. */
const LOSSES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["PEER_LOST", "NATS_UNAVAILABLE", "UNAVAILABLE", "ABORTED"]);

/** Whether a failure leaves steps behind that are right and not saved. */
export function leavesSteps(code: ErrorCode, { step, startStep, saved }: RunState): boolean {
  return LOSSES.has(code) && step > startStep && saved?.step !== step;
}

/**
 * After a loss the completed steps are kept: every survivor holds the same weights, so the first one to write will do.
 * A failure to save is only logged, so that the loss stays the reason.
 */
export async function saveAfterLoss({ state, control }: TrainingRun, error: PetageError): Promise<void> {
  if (!leavesSteps(error.code, state)) return;
  try {
    const { name } = await control.save(`iter_${state.step}`);
    control.log.warn(`Saved ${name} after: ${error.message}`);
  } catch (thrown) {
    const why = PetageError.from(thrown).describe();
    control.log.error(`Cannot save step ${state.step} after: ${error.message}`, { why });
  }
}
