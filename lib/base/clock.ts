/** Two clocks of one machine, ms: the time since 1970, which may be set, and one that only goes on. */
export interface Clocks {
  wall(): number;
  monotonic(): number;
}

export const SYSTEM_CLOCKS: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/** The share of the time that passes by which a steady clock runs fast or slow while it is not right. */
const SLEW = 0.1;
/** A clock that is off by more was never right, as on a machine that has just booted: it is set at once. */
export const MAX_SLEWED_MS = 24 * 60 * 60 * 1000;

/**
 * A clock to hold limits of time against. It shows the system's time, but does not jump when that is set: it goes on
 * evenly and gets right little by little, as NTP slews a clock (RFC 5905). So no deadline passes because somebody set
 * the clock.
 */
export function steadyClock({ wall, monotonic }: Clocks = SYSTEM_CLOCKS): () => number {
  let [shown, readAt] = [wall(), monotonic()];
  return () => {
    const elapsed = monotonic() - readAt;
    readAt += elapsed;
    const off = wall() - (shown + elapsed);
    const most = Math.abs(off) > MAX_SLEWED_MS ? Infinity : elapsed * SLEW;
    shown += elapsed + Math.max(-most, Math.min(most, off));
    return Math.round(shown);
  };
}
