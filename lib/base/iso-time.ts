/* oxlint-disable no-restricted-globals -- converts times that it is given, and reads no clock */

/** `2026-11-23T06:15:00.000Z` (RFC 3339) of milliseconds since 1970. */
export function isoTime(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

/** Milliseconds since 1970 of such a text; NaN of any other. */
export function parseIsoTime(text: string): number {
  return Date.parse(text);
}
