import type { GoldenResult } from "./types.ts";

export interface Tolerance {
  /** Largest difference allowed, relative to the expected number. */
  readonly relative: number;
  /** Largest difference allowed whatever the number. */
  readonly absolute?: number;
}

/** Compares two lists number by number, each within a tolerance of its own size. */
export function near(
  name: string,
  { expected, got }: { readonly expected: readonly number[]; readonly got: readonly number[] },
  { relative, absolute = 0 }: Tolerance,
): GoldenResult {
  if (expected.length !== got.length) {
    return { name, status: "failed", expected: `${expected.length} numbers`, got: `${got.length} numbers` };
  }
  const worst = expected.findIndex((value, index) => {
    const difference = Math.abs(value - (got[index] ?? NaN));
    return !(difference <= Math.max(relative * Math.abs(value), absolute));
  });
  if (worst < 0) return { name, status: "passed" };
  const place = expected.length > 1 ? ` at ${worst}` : "";
  return { name, status: "failed", expected: `${expected[worst]}${place}`, got: `${got[worst]}` };
}
