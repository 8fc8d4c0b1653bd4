import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { KubeError } from "./errors.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface WorkersOptions {
  readonly queue: WorkQueue;
  /** How many keys are handled at once. */
  readonly count: number;
  /** Brings one object to where it should be; says after how long to look again, ms, if at all. */
  reconcile(key: string, signal: AbortSignal): Promise<number | undefined>;
  readonly log: Log;
}

/** Handles the keys of a queue until the signal aborts. A key that fails comes again; it holds up no other. */
export async function runWorkers(options: WorkersOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: options.count }, () => work(options, signal)));
}

async function work({ queue, reconcile, log }: WorkersOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    const key = await queue.next(signal);
    if (key === undefined) return;
    try {
      const againMs = await reconcile(key, signal);
      queue.forget(key);
      if (againMs !== undefined) queue.addAfter(key, againMs);
    } catch (thrown) {
      const error = PetageError.from(thrown);
      // Somebody else was faster: what we saw is old, and the watch brings what is new.
      const level = error instanceof KubeError && error.status === 409 ? "debug" : "warn";
      if (!signal.aborted) log[level]("Reconciling failed; trying again", { key, error: error.describe() });
      queue.retry(key, error instanceof KubeError ? error.retryAfterMs : undefined);
    } finally {
      queue.done(key);
    }
  }
}
