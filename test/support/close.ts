import assert from "node:assert/strict";

/** Fails unless every value differs by at most `tolerance` times the largest magnitude of what is expected. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance, what = "values" }: { readonly tolerance: number; readonly what?: string },
): void {
  assert.equal(actual.length, expected.length, `${what}: number of values`);
  let scale = 0;
  for (let at = 0; at < expected.length; at++) scale = Math.max(scale, Math.abs(expected[at] ?? NaN));
  const limit = tolerance * Math.max(scale, Number.MIN_VALUE);
  for (let at = 0; at < expected.length; at++) {
    const difference = Math.abs((actual[at] ?? NaN) - (expected[at] ?? NaN));
    if (!(difference <= limit)) assert.fail(`${what}[${at}] is ${actual[at]}, expected ${expected[at]} ± ${limit}`);
  }
}
