import { isDeepStrictEqual } from "node:util";

/** A patch that turns one JSON value into another (RFC 7386); undefined when they are the same. */
export function mergePatch(from: unknown, to: unknown): unknown {
  if (!isMap(from) || !isMap(to)) return isDeepStrictEqual(from, to) ? undefined : to;
  const entries = [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => {
    if (!(key in to)) return [[key, null] as const];
    const change = mergePatch(from[key], to[key]);
    return change === undefined ? [] : [[key, change] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
