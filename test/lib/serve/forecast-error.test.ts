import assert from "node:assert/strict";
import { ForecastError } from "#lib/serve/forecast-error.ts";

function after(lateMs: readonly number[]): number {
  const error = new ForecastError();
  for (const late of lateMs) error.add(late);
  return error.marginMs;
}

/** Late by so much, so often. */
const often = (lateMs: number): number[] => Array.from({ length: 500 }, () => lateMs);

describe("ForecastError", () => {
  it("asks for no margin while nothing is known, and for less where answers come earlier than foreseen", () => {
    assert.equal(after([]), 0);
    assert.equal(after(often(0)), 0);
    assert.equal(Math.round(after(often(-50))), -50); // then more can be taken on
  });

  it("learns by how much answers are always late", () => assert.equal(Math.round(after(often(50))), 50));

  it("covers nearly all of those that scatter", () => {
    const scattered = often(0).map((_, index) => 30 * Math.sin(index)); // a deviation of 19 ms in the mean
    const margin = after(scattered);
    assert.ok(margin > 30 && margin < 4 * 30, `${margin} ms`);
  });

  it("forgets an answer that was stuck", () => {
    assert.ok(after([5000]) > 500);
    assert.ok(after([5000, ...often(0)]) < 1);
  });
});
