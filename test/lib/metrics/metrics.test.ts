import assert from "node:assert/strict";
import { constantBaseline } from "#lib/metrics/baseline.ts";
import { metrics } from "#lib/metrics/index.ts";
import type { Metric, Predictions } from "#lib/metrics/types.ts";
import { buildFrom } from "#test/support/build.ts";
import { conforms } from "#test/support/conformance.ts";

function build(type: keyof typeof metrics.components, config: object = {}): Metric {
  return buildFrom(metrics, { type, ...config }, undefined);
}

/** Samples whose probabilities are weights by month, of 192 months. */
function predictions(
  samples: readonly { readonly label: number; readonly weights: Readonly<Record<number, number>> }[],
): Predictions {
  const numClasses = 192;
  const probabilities = new Float32Array(samples.length * numClasses);
  samples.forEach(({ weights }, index) => {
    for (const [month, weight] of Object.entries(weights)) probabilities[index * numClasses + Number(month)] = weight;
  });
  return { probabilities, numClasses, labels: Int32Array.from(samples, ({ label }) => label) };
}

const some = predictions([
  { label: 12, weights: { 10: 0.4, 12: 0.3, 13: 0.1, 14: 0.1, 30: 0.1 } },
  { label: 100, weights: { 90: 0.3, 91: 0.5, 92: 0.1, 93: 0.06, 94: 0.04 } },
  { label: -1, weights: { 0: 1 } },
]);

/** Every entry of the table must have a line here: ways to write it. */
const examples: Readonly<Record<keyof typeof metrics.components, readonly object[]>> = {
  Accuracy: [{}, { topk: [1, 5], thrs: [0.5, null] }],
  PetAgeMAE: [{}, { within: 6 }],
  SingleLabelMetric: [{}, { average: "micro", items: ["support"] }],
  self_Accuracy: [{ topk: 10 }],
};

describe("every metric", () => {
  conforms(metrics, examples, undefined);

  for (const type of Object.keys(metrics.components) as (keyof typeof metrics.components)[]) {
    it(`${type} tells the direction of each of its figures, all finite`, () => {
      const metric = build(type);
      const figures = metric.compute(some);
      assert.deepEqual(Object.keys(figures).toSorted(), Object.keys(metric.directions).toSorted());
      assert.ok(Object.values(figures).every(Number.isFinite));
    });

    it(`${type} leaves out samples without a label`, () => {
      const labelled = {
        ...some,
        probabilities: some.probabilities.slice(0, 2 * 192),
        labels: some.labels.slice(0, 2),
      };
      assert.deepEqual(build(type).compute(some), build(type).compute(labelled));
    });

    it(`${type} refuses a dataset without labels`, () => {
      const none = { ...some, labels: Int32Array.from([-1, -1, -1]) };
      assert.throws(() => build(type).compute(none), { code: "DATASET_INVALID" });
    });

    it(`${type} puts another prefix before its names`, () => {
      const names = Object.keys(build(type, { prefix: "mine" }).directions);
      assert.ok(
        names.every((name) => name.startsWith("mine/")),
        names.join(),
      );
    });
  }
});

describe("Accuracy", () => {
  it("names its figures as mmpretrain does", () => {
    const names = Object.keys(build("Accuracy", { topk: [1, 5], thrs: [0.5, null] }).directions);
    assert.deepEqual(names, [
      "accuracy/top1_thr-0.50",
      "accuracy/top1_no-thr",
      "accuracy/top5_thr-0.50",
      "accuracy/top5_no-thr",
    ]);
    assert.deepEqual(build("Accuracy", { topk: 5 }).directions, { "accuracy/top5": "greater" });
  });

  it("counts a label among the top k whose probability is above the threshold", () => {
    assert.deepEqual(build("Accuracy", { topk: [1, 2], thrs: [0, 0.3] }).compute(some), {
      "accuracy/top1_thr-0.00": 0,
      "accuracy/top1_thr-0.30": 0,
      "accuracy/top2_thr-0.00": 50,
      "accuracy/top2_thr-0.30": 50, // float32 0.3 is above 0.3
    });
  });

  it("refuses more candidates than classes", () => {
    assert.throws(() => build("Accuracy", { topk: 193 }).compute(some), { code: "CONFIG_INVALID_VALUE" });
  });
});

describe("PetAgeMAE", () => {
  it("measures every decoder in months", () => {
    const figures = build("PetAgeMAE", { within: [2, 9] }).compute(some);
    const expected: Record<string, number> = {
      "petage/mae_argmax": (2 + 9) / 2,
      "petage/mae_top2_mean": (1 + 10) / 2,
      "petage/mae_top3_mean": (1 + 9) / 2, // floor(35 / 3) = 11, floor(273 / 3) = 91
      "petage/mae_trimmed_top5": (1 + 8) / 2, // floor(39 / 3) = 13, floor(276 / 3) = 92
      "petage/mae_median": (0 + 9) / 2,
      "petage/rmse": Math.sqrt((0 + 81) / 2),
      "petage/within_2_months": 50,
      "petage/within_9_months": 100,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(figures[name], value, name);
    assert.ok(Math.abs((figures["petage/mae_mean"] ?? 0) - (1.3 + 8.96) / 2) < 1e-5);
  });

  it("wants smaller errors and larger shares", () => {
    const { directions } = build("PetAgeMAE");
    assert.equal(directions["petage/mae_median"], "less");
    assert.equal(directions["petage/within_12_months"], "greater");
  });
});

describe("SingleLabelMetric", () => {
  // Labels 0, 0, 1, 2; predicted 0, 1, 1, 1; the second is unsure.
  const four: Predictions = {
    probabilities: Float32Array.of(0.9, 0.1, 0, 0.3, 0.5, 0.2, 0.1, 0.9, 0, 0.1, 0.8, 0.1),
    numClasses: 3,
    labels: Int32Array.of(0, 0, 1, 2),
  };
  const third = 100 / 3;
  const rows: readonly (readonly [what: string, config: object, figures: Readonly<Record<string, number>>])[] = [
    [
      "the mean of the classes' scores",
      {},
      {
        "single-label/precision": (100 + third + 0) / 3,
        "single-label/recall": (50 + 100 + 0) / 3,
        "single-label/f1-score": (2 * third + 50 + 0) / 3,
      },
    ],
    [
      "the score of all classes counted together, and how many samples there are",
      { average: "micro", items: ["precision", "recall", "support"] },
      { "single-label/precision_micro": 50, "single-label/recall_micro": 50, "single-label/support_micro": 4 },
    ],
    [
      "nothing predicted by a probability that is not above the threshold",
      { thrs: [null, 0.6], items: ["precision"] },
      {
        "single-label/precision_no-thr": (100 + third + 0) / 3,
        "single-label/precision_thr-0.60": (100 + 50 + 0) / 3,
      },
    ],
  ];
  for (const [what, config, expected] of rows) {
    it(`gives ${what}`, () => {
      const figures = build("SingleLabelMetric", config).compute(four);
      assert.deepEqual(Object.keys(figures), Object.keys(expected));
      for (const [name, value] of Object.entries(expected)) {
        assert.ok(Math.abs((figures[name] ?? NaN) - value) < 1e-9, `${name}: ${figures[name]}, expected ${value}`);
      }
    });
  }
});

describe("self_Accuracy", () => {
  it("adds the original's key, which holds the trimmed error and wants to be small", () => {
    const metric = build("self_Accuracy", { topk: [10] });
    const figures = metric.compute(some);
    assert.equal(figures["accuracy/top10"], figures["petage/mae_trimmed_top5"]);
    assert.equal(metric.directions["accuracy/top10"], "less");
  });
});

describe("constantBaseline()", () => {
  it("answers the training median and measures its error, without the unlabelled", () => {
    assert.deepEqual(constantBaseline([10, 50, 90, -1], [40, 70, -1]), { months: 50, maeMonths: 15 });
  });

  it("refuses labels that are all missing", () => {
    assert.throws(() => constantBaseline([-1], [1]), { code: "DATASET_INVALID" });
  });
});
