import assert from "node:assert/strict";
import { estimateAge } from "#lib/model/age-estimate.ts";

/** A distribution over six months. */
const SKEWED = [0.5, 0.05, 0.05, 0.1, 0.1, 0.2];

describe("estimateAge", () => {
  it("answers with the median, beside mean and mode", () => {
    const { ageMonths, meanMonths, modeMonths } = estimateAge([0.4, 0, 0, 0.3, 0.3, 0]);
    assert.deepEqual([ageMonths, modeMonths], [3, 0]);
    assert.ok(Math.abs(meanMonths - 2.1) < 1e-12);
  });

  it("lists the most probable months, the most probable first", () => {
    const { top } = estimateAge(SKEWED, { topK: 2 });
    assert.deepEqual(top, [
      { months: 0, probability: 0.5 },
      { months: 5, probability: 0.2 },
    ]);
  });

  it("lists no more months than there are, and keeps the mode when none are asked for", () => {
    assert.equal(estimateAge(SKEWED, { topK: 100 }).top.length, 6);
    const { top, modeMonths } = estimateAge(SKEWED.toReversed(), { topK: 0 });
    assert.deepEqual([top.length, modeMonths], [0, 5]);
  });

  for (const coverage of [0.5, 0.8, 0.99]) {
    it(`gives an interval that holds at least ${coverage}, with equal tails`, () => {
      const probabilities = Array.from({ length: 192 }, (_, month) => Math.exp(-(((month - 60) / 9) ** 2)));
      const sum = probabilities.reduce((a, b) => a + b);
      const { interval } = estimateAge(probabilities, { coverage });
      const inside = probabilities.slice(interval.lowMonths, interval.highMonths + 1).reduce((a, b) => a + b) / sum;
      assert.ok(inside >= coverage && inside < coverage + 0.07, `${inside}`);
      assert.equal(interval.lowMonths + interval.highMonths, 120);
    });
  }

  for (const [what, probabilities] of [
    ["NaN", [0.5, Number.NaN]],
    ["infinity", [0.5, Infinity]],
    ["nothing", [0, 0]],
  ] as const) {
    it(`refuses ${what} instead of answering`, () => {
      assert.throws(() => estimateAge(probabilities), { code: "NOT_FINITE" });
    });
  }

  for (const options of [{ coverage: 0 }, { coverage: 1 }, { coverage: Number.NaN }, { topK: -1 }, { topK: 1.5 }]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => estimateAge(SKEWED, options), { code: "INVALID_ARGUMENT" });
    });
  }
});
