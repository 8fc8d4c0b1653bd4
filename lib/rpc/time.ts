/** google.protobuf.Duration. Messages that are absent arrive as `null`. */
export interface DurationMessage {
  readonly seconds?: number | string | { toString(): string };
  readonly nanos?: number;
}

export function durationOf(spanMs: number): { seconds: number; nanos: number } {
  const seconds = Math.trunc(spanMs / 1000);
  return { seconds, nanos: Math.round((spanMs - seconds * 1000) * 1e6) };
}

/** google.protobuf.Timestamp: the time since 1970. */
export function timestampOf(date: Date): { seconds: number; nanos: number } {
  const seconds = Math.floor(date.getTime() / 1000);
  return { seconds, nanos: Math.round((date.getTime() - seconds * 1000) * 1e6) };
}

/** RFC 3339 */
export function timeText(time: { readonly seconds: number; readonly nanos: number } | null): string | undefined {
  return time ? new Date(time.seconds * 1000 + time.nanos / 1e6).toISOString() : undefined;
}

/** Milliseconds since 1970. */
export function instantOf({ seconds, nanos }: { readonly seconds: number; readonly nanos: number }): number {
  return seconds * 1000 + Math.round(nanos / 1e6);
}

export function durationMs(duration: DurationMessage | null | undefined): number | undefined {
  return duration ? Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1e6 : undefined;
}
