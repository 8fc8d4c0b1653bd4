const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const UNITS = [
  { letter: "d", ms: DAY_MS },
  { letter: "h", ms: HOUR_MS },
  { letter: "m", ms: MINUTE_MS },
  { letter: "s", ms: SECOND_MS },
] as const;

/** The time since a moment as kubectl writes ages: `45s`, `3m20s`, `26h`, `9d`. @param at RFC 3339 */
export function age(at: string | undefined, nowMs: number): string {
  return at === undefined ? "" : span(nowMs - Date.parse(at));
}

/** A span with its two largest units, of which the second is left out where it says little. */
export function span(durationMs: number): string {
  const left = Math.max(0, Math.floor(durationMs / SECOND_MS) * SECOND_MS);
  const index = UNITS.findIndex(({ ms }) => left >= 2 * ms);
  const unit = UNITS[index === -1 ? UNITS.length - 1 : index];
  if (unit === undefined) return "";
  const whole = Math.floor(left / unit.ms);
  const next = UNITS[index + 1];
  const rest = next && whole < MANY ? Math.floor((left % unit.ms) / next.ms) : 0;
  return `${whole}${unit.letter}${next && rest > 0 ? `${rest}${next.letter}` : ""}`;
}

/** From this number of a unit on, the smaller one is left out. */
const MANY = 10;

/** `█████░░░░░` @param share 0 to 1 */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}
