import { current, isAlive, sizeOf } from "./job-state.ts";
import type { Action, Instant, Observed, ObservedWorker } from "./job-state.ts";

/** How long an elastic job for which there is room with at least `minWorkers` waits for the others. */
export const ELASTIC_PATIENCE_MS = 30_000;
/** How long a job that has fewer workers than wanted trains before it stops to have more. */
export const GROW_INTERVAL_MS = 600_000;

/**
 * How many trainers an elastic job should have instead of those that it has: its workers stop with a checkpoint and the
 * next attempt has the new size. Undefined when all is as it should be.
 */
export function planSize(observed: Observed, now: Instant): readonly Action[] | undefined {
  const { spec, status } = observed;
  const size = sizeOf(observed);
  const wanted = wantedSize(observed, size, now);
  if (wanted === size || status.attemptTime === null) return undefined;
  return [
    {
      kind: "set-status",
      status: {
        ...status,
        phase: "Stopping",
        ending: "Restarting",
        reason: "Resizing",
        message: `Going from ${size} to ${wanted} of ${spec.workers} workers`,
        nextWorkers: wanted,
        sizedFor: spec.workers,
        nextRetryTime: null,
      },
    },
  ];
}

/** The moments at which time alone may change the answer. */
export function resizeMoments({ spec, status }: Pick<Observed, "spec" | "status">): Instant[] {
  if (spec.minWorkers === spec.workers && status.workers === spec.workers) return [];
  const from = status.attemptTime ?? Infinity;
  return [from + ELASTIC_PATIENCE_MS + 1, from + GROW_INTERVAL_MS + 1];
}

function wantedSize(observed: Observed, size: number, now: Instant): number {
  const { spec, status, fits, room, outage } = observed;
  const ageMs = now - (status.attemptTime ?? now);
  if (spec.workers !== status.sizedFor) return spec.workers; // somebody scaled it
  const workers = current(observed).filter(isAlive);
  const waitingFor = (what: string): ObservedWorker[] =>
    workers.filter(({ process }) => process.state === "starting" && process.waitsFor === what);
  if (waitingFor("admission").length > 0) {
    const isRoom = fits === false && room !== undefined && room >= spec.minWorkers && room < size;
    return isRoom && ageMs > ELASTIC_PATIENCE_MS ? room : size;
  }
  const homeless = waitingFor("node");
  if (homeless.length > 0) {
    const trainers = size - homeless.filter(({ role }) => role === "trainer").length;
    const goesOn = ageMs > ELASTIC_PATIENCE_MS && homeless.every(({ role }) => role === "trainer");
    return goesOn && trainers >= spec.minWorkers ? trainers : size;
  }
  if (outage) return size; // what waits with everything in memory is not stopped for more
  return mayGrow(observed, now) ? Math.min(spec.workers, size + (room ?? Infinity)) : size;
}

/** Whether a job would have more workers now if there was room for them. */
export function mayGrow(observed: Pick<Observed, "spec" | "status" | "workers">, now: Instant): boolean {
  const { spec, status } = observed;
  const workers = current(observed).filter(isAlive);
  const isRunning = workers.every(({ process }) => process.state === "ready");
  return isRunning && sizeOf(observed) < spec.workers && now - (status.attemptTime ?? now) > GROW_INTERVAL_MS;
}
