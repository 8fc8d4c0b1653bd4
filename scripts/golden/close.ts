import type { GoldenResult } from "./types.ts";

export interface CloseOptions {
  readonly expected: unknown;
  readonly got: unknown;
  /** Largest difference allowed, relative to the largest expected magnitude. */
  readonly relative: number;
  /** Largest difference allowed whatever the magnitude. */
  readonly absolute?: number;
}

/** Compares numbers, or nested arrays of numbers, within a tolerance relative to the largest expected value. */
export function close(name: string, { expected, got, relative, absolute = 0 }: CloseOptions): GoldenResult {
  const wanted = flatten(expected);
  const have = flatten(got);
  const scale = wanted.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const tolerance = relative * scale + absolute;
  const worst = wanted.findIndex((value, index) => !(Math.abs(value - (have[index] ?? NaN)) <= tolerance));
  if (wanted.length === have.length && worst < 0) return { name, status: "passed" };
  if (wanted.length !== have.length) {
    return { name, status: "failed", expected: `${wanted.length} numbers`, got: `${have.length} numbers` };
  }
  const at = wanted.length > 1 ? ` at ${worst}` : "";
  return {
    name,
    status: "failed",
    expected: `${wanted[worst]}${at} (within ${tolerance.toPrecision(2)})`,
    got: `${have[worst]}`,
  };
}

/** Largest difference of two (nested arrays of) numbers, relative to the largest magnitude of the first. */
export function largestDifference(first: unknown, second: unknown): number {
  const [a, b] = [flatten(first), flatten(second)];
  const scale = a.reduce((largest, value) => Math.max(largest, Math.abs(value)), Number.MIN_VALUE);
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? NaN)) / scale), 0);
}

function flatten(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (value instanceof Float32Array || value instanceof Float64Array) return [...value];
  return Array.isArray(value) ? value.flatMap(flatten) : [];
}
