import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { authorRow, gaussRow, gaussWeights } from "#lib/nn/losses/gauss-smoothing.ts";
import { losses } from "#lib/nn/losses/index.ts";
import type { Loss, Targets } from "#lib/nn/losses/types.ts";
import { buildFrom } from "#test/support/build.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

const smoothing = { numClasses: 192, std: 2, sampleCount: 11 };

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, weight) => total + weight, 0);
}

function zeros(): number[] {
  return Array.from({ length: 192 }, () => 0);
}

function build(config: object, numClasses = 192): Loss {
  return buildFrom(losses, { type: "GaussSmoothLoss", ...config }, { numClasses });
}

function value(loss: Loss, logits: number[][], labels: () => Targets): number {
  return tf.tidy(() => loss(tf.tensor2d(logits), labels()).dataSync()[0] ?? NaN);
}

describe("gauss smoothing", () => {
  for (const numClasses of [1, 2, 5, 11, 192]) {
    it(`gives every label of ${numClasses} classes a distribution that sums to 1 and peaks at the label`, () => {
      for (let label = 0; label < numClasses; label++) {
        const row = gaussRow(label, { ...smoothing, numClasses });
        assert.ok(Math.abs(sum(row) - 1) < 1e-12, `label ${label} sums to ${sum(row)}`);
        assert.equal(row.indexOf(Math.max(...row)), label);
      }
    });
  }

  it("is the same at both borders, mirrored", () => {
    for (let label = 0; label < 6; label++) {
      const low = gaussRow(label, smoothing);
      const high = gaussRow(191 - label, smoothing).toReversed();
      low.forEach((weight, month) => assert.ok(Math.abs(weight - (high[month] ?? NaN)) < 1e-15));
    }
  });

  it("repeats the author's numbers on request: not scaled back at 0, astray past 186", () => {
    assert.ok(Math.abs(sum(authorRow(0, smoothing)) - 0.6002827) < 1e-6);
    assert.equal(authorRow(190, smoothing)[190], 1);
    assert.ok(sum(authorRow(190, smoothing)) > 1.7);
    assert.deepEqual(authorRow(96, smoothing), gaussRow(96, smoothing));
  });

  it("takes widths that are not whole months", () => {
    const [first = 0, second = 0] = gaussWeights({ numClasses: 9, std: 0.5, sampleCount: 3 });
    assert.ok(Math.abs(first / second - Math.exp(-2)) < 1e-12);
  });
});

describe("GaussSmoothLoss", () => {
  before(useTensorFlow);

  it("cannot fall below the entropy of its labels, 2.0827 nats", () => {
    const logits = [Array.from(gaussRow(96, smoothing), (weight) => Math.log(weight + 1e-12))];
    assert.ok(Math.abs(value(build({}), logits, () => tf.tensor1d([96], "int32")) - 2.0827) < 1e-3);
  });

  it("starts at ln 192 where the model knows nothing, at the borders too", () => {
    const logits = [0, 1, 2].map(() => zeros());
    const labels = (): Targets => tf.tensor1d([0, 100, 191], "int32");
    assert.ok(Math.abs(value(build({}), logits, labels) - Math.log(192)) < 1e-5);
  });

  it("spreads a mixed target as the mix of both labels' bells", () => {
    const row = Array.from({ length: 192 }, (_, index) => Math.sin(index));
    const target = zeros();
    [target[3], target[190]] = [0.3, 0.7];
    const mixed = value(build({}), [row], () => tf.tensor2d([target]));
    const single = (label: number): number => value(build({}), [row], () => tf.tensor1d([label], "int32"));
    assert.ok(Math.abs(mixed - (0.3 * single(3) + 0.7 * single(190))) < 1e-5);
  });

  for (const [config, reason] of [
    [{ std: 0 }, /std/],
    [{ num_samples: 10 }, /odd/],
    [{ compat: "seed" }, /compat/],
  ] as const) {
    it(`refuses ${JSON.stringify(config)}`, () => assert.throws(() => build(config), reason));
  }

  it("refuses class weights that are not one per class", () => {
    assert.throws(() => build({ class_weight: [1, 2] }), { code: "CONFIG_INVALID_VALUE" });
  });
});
