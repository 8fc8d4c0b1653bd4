import type { Clock } from "#lib/base/clock.ts";
import { abortable } from "#lib/base/signals.ts";

/** The clock of this machine. */
export const systemClock: Clock = {
  date: () => new Date(),
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Waits; an abort ends the wait with the signal's reason. */
export async function delay(durationMs: number, signal?: AbortSignal): Promise<void> {
  let finish = (): void => {};
  const passed = new Promise<void>((resolve) => (finish = resolve));
  using _timer = systemClock.after(durationMs, finish);
  await (signal ? abortable(passed, signal) : passed);
}
