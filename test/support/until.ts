import { delay } from "#lib/system/clock.ts";

const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
/** Of the time waited so far: looking may cost as much as what is waited for, so a long wait looks seldom. */
const PAUSE_SHARE = 0.1;

/** Waits until `condition` gives something; fails with `what` after the deadline. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  timeoutMs = 30_000,
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false && found !== null) return found;
    const waitedMs = performance.now() - start;
    if (waitedMs > timeoutMs) throw new Error(`Not after ${timeoutMs} ms: ${what}`);
    await delay(Math.min(Math.max(waitedMs * PAUSE_SHARE, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS));
  }
}
