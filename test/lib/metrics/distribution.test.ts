import assert from "node:assert/strict";
import { array, assert as check, double, integer, property } from "fast-check";
import { centralInterval, meanOf, medianOf, quantileOf, topClasses } from "#lib/metrics/distribution.ts";

const distributions = array(integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 30 }).filter((weights) =>
  weights.some(Boolean),
);

/** Expected |month - answer| under the distribution. */
function cost(weights: readonly number[], answer: number): number {
  return weights.reduce((sum, weight, month) => sum + weight * Math.abs(month - answer), 0);
}

describe("topClasses()", () => {
  for (const { values, count, expected } of [
    { values: [0.1, 0.5, 0.4], count: 2, expected: [1, 2] },
    { values: [0.25, 0.25, 0.25, 0.25], count: 3, expected: [0, 1, 2] },
    { values: [0.2, 0.3, 0.3, 0.2], count: 4, expected: [1, 2, 0, 3] },
    { values: [1], count: 5, expected: [0] },
  ]) {
    it(`picks ${expected.join()} of ${values.join()}: the lower class first where two are equal`, () => {
      assert.deepEqual(topClasses(values, count), expected);
    });
  }

  it("agrees with a stable sort", () => {
    check(
      property(distributions, integer({ min: 1, max: 12 }), (weights, count) => {
        const sorted = weights.map((_, month) => month).toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0));
        assert.deepEqual(topClasses(weights, count), sorted.slice(0, count));
      }),
    );
  });
});

describe("medianOf()", () => {
  it("has the least expected absolute error of all months", () => {
    check(
      property(distributions, (weights) => {
        const best = Math.min(...weights.map((_, month) => cost(weights, month)));
        assert.ok(cost(weights, medianOf(weights)) <= best + 1e-9);
      }),
    );
  });

  it("does not depend on the scale of the probabilities", () => {
    assert.equal(medianOf([0.1, 0.2, 0.4, 0.1]), medianOf([1, 2, 4, 1]));
  });
});

describe("meanOf() and quantileOf()", () => {
  it("give the expected month and the months of given shares", () => {
    assert.equal(meanOf([0, 1, 0, 1]), 2);
    assert.deepEqual(
      [0, 0.25, 0.26, 1].map((share) => quantileOf([1, 1, 1, 1], share)),
      [0, 0, 1, 3],
    );
  });

  for (const broken of [[0, 0], [NaN, 1], [Infinity, 1], []]) {
    it(`refuse the probabilities [${broken.join()}]`, () =>
      assert.throws(() => meanOf(broken), { code: "NOT_FINITE" }));
  }
});

describe("centralInterval()", () => {
  it("holds at least its coverage, and the median", () => {
    check(
      property(distributions, double({ min: 0, max: 0.99, noNaN: true }), (weights, coverage) => {
        const { lowMonths, highMonths } = centralInterval(weights, coverage);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const inside = weights.slice(lowMonths, highMonths + 1).reduce((sum, weight) => sum + weight, 0);
        assert.ok(inside / total >= coverage - 1e-9);
        assert.ok(lowMonths <= medianOf(weights) && medianOf(weights) <= highMonths);
      }),
    );
  });

  it("cuts both tails alike", () => {
    assert.deepEqual(
      centralInterval(
        Array.from({ length: 100 }, () => 1),
        0.8,
      ),
      { lowMonths: 9, highMonths: 89 },
    );
  });
});
