/** Time as an argument: below the adapters nothing else tells it, so that a test can make it pass. */
export interface Clock {
  /** The date and time of day, which may be set back and forth. */
  date(): Date;
  /** Milliseconds since an arbitrary moment; they only go on. */
  nowMs(): number;
  /** Calls back once, after the delay. Disposing the result before that prevents it. */
  after(delayMs: number, callback: () => void): Disposable;
}

/** Calls back again and again until the result is disposed. */
export function every(clock: Pick<Clock, "after">, intervalMs: number, callback: () => void): Disposable {
  const next = (): Disposable =>
    clock.after(intervalMs, () => {
      timer = next();
      callback();
    });
  let timer = next();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/** The share of the time that passes by which a steady clock runs fast or slow while it is not right. */
const SLEW = 0.1;
/** A clock that is off by more was never right, as on a machine that has just booted: it is set at once. */
export const MAX_SLEWED_MS = 24 * 60 * 60 * 1000;

/**
 * A clock to hold limits of time against. It shows the system's time, but does not jump when that is set: it goes on
 * evenly and gets right little by little, as NTP slews a clock (RFC 5905). So no deadline passes because somebody set
 * the clock.
 */
export function steadyClock(clock: Pick<Clock, "date" | "nowMs">): () => number {
  let [shown, readAt] = [clock.date().getTime(), clock.nowMs()];
  return () => {
    const elapsed = clock.nowMs() - readAt;
    readAt += elapsed;
    const off = clock.date().getTime() - (shown + elapsed);
    const most = Math.abs(off) > MAX_SLEWED_MS ? Infinity : elapsed * SLEW;
    shown += elapsed + Math.max(-most, Math.min(most, off));
    return Math.round(shown);
  };
}
