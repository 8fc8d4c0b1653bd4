import { delay } from "#lib/base/signals.ts";

const POLL_INTERVAL_MS = 20;

/** Waits until `condition` gives something; fails with `what` after the deadline. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > deadline) throw new Error(`Not after ${timeoutMs} ms: ${what}`);
    await delay(POLL_INTERVAL_MS);
  }
}
