import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { TensorFunction } from "#lib/engine/program.ts";
import { losses } from "#lib/nn/losses/index.ts";
import type { Loss, Targets } from "#lib/nn/losses/types.ts";
import { buildFrom } from "#test/support/build.ts";
import { assertCompiles, feed } from "#test/support/compiled.ts";
import { conforms } from "#test/support/conformance.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

const SAMPLE_COUNT = 3;
const CLASS_COUNT = 7;

/** Every entry of the table must have a line here: what it is built with. */
const configs: Readonly<Record<keyof typeof losses.components, readonly object[]>> = {
  AsymmetricLoss: [{}, { gamma_pos: 1, use_sigmoid: false }, { gamma_neg: 0.5, clip: 0 }],
  CrossEntropyLoss: [{}, { use_sigmoid: true }, { class_weight: [1, 2, 3, 4, 5, 6, 7], loss_weight: 0.5 }],
  FocalLoss: [{}, { gamma: 0.5, alpha: 0.6 }],
  GaussSmoothLoss: [{}, { std: 0.7, num_samples: 3 }, { compat: "author" }, { use_sigmoid: true }],
  LabelSmoothLoss: ["original", "classy_vision", "multi_label"].map((mode) => ({ mode, label_smooth_val: 0.2 })),
};

const targets: Readonly<Record<string, () => Targets>> = {
  "class indices": () => tf.tensor1d([0, 6, 3], "int32"),
  distributions: () => tf.softmax<Tensor2D>(tf.tensor2d(formula((flat) => Math.cos(3 * flat)))),
};

function formula(value: (flat: number) => number): number[][] {
  return Array.from({ length: SAMPLE_COUNT }, (_row, i) =>
    Array.from({ length: CLASS_COUNT }, (_column, j) => value(i * CLASS_COUNT + j)),
  );
}

function build(type: string, config: object): Loss {
  return buildFrom(losses, { type, ...config }, { numClasses: CLASS_COUNT });
}

function valueAt(loss: Loss, logits: number[][], labels: () => Targets): number {
  return tf.tidy(() => loss(tf.tensor2d(logits), labels()).dataSync()[0] ?? NaN);
}

/** Central differences; their error here is about 1e-4 of a slope, most of it float32's. */
function slopes(loss: Loss, logits: number[][], labels: () => Targets): number[] {
  const step = 2e-2;
  const moved = (at: number, by: number): number[][] =>
    logits.map((row, i) => row.map((value, j) => (i * CLASS_COUNT + j === at ? value + by : value)));
  return logits
    .flat()
    .map((_, at) => (valueAt(loss, moved(at, step), labels) - valueAt(loss, moved(at, -step), labels)) / (2 * step));
}

describe("every loss", () => {
  before(useTensorFlow);
  const logits = formula((flat) => 2 * Math.sin(0.9 * flat));

  for (const [type, list] of Object.entries(configs) as [keyof typeof configs, readonly object[]][]) {
    for (const config of list) {
      for (const [kind, labels] of Object.entries(targets)) {
        const title = `${type}(${JSON.stringify(config)}) of ${kind}`;

        it(`${title} has the gradient that its values have`, () => {
          const loss = build(type, config);
          const gradient = tf.tidy(() => [
            ...tf
              .grad((input) => loss(input as Tensor2D, labels()))(tf.tensor2d(logits))
              .dataSync(),
          ]);
          slopes(loss, logits, labels).forEach((slope, index) => {
            const difference = Math.abs(slope - (gradient[index] ?? NaN));
            assert.ok(difference < 1e-3, `at ${index}: gradient ${gradient[index]}, slope ${slope}`);
          });
        });

        it(`${title} is the same compiled`, () => {
          const loss = build(type, config);
          const compute: TensorFunction = (_, { input }) => {
            const { value, grad } = tf.valueAndGrad((x) => loss(x as Tensor2D, labels()))(input as Tensor2D);
            return { value, gradient: grad };
          };
          const input = feed(logits.flat(), [SAMPLE_COUNT, CLASS_COUNT]);
          assertCompiles(compute, { input }, { outputs: ["value", "gradient"] });
        });

        it(`${title} stays finite for extreme logits`, () => {
          const loss = build(type, config);
          const extreme = formula((flat) => (flat % 2 === 0 ? 200 : -200));
          const gradient = tf.tidy(() => [
            ...tf
              .grad((input) => loss(input as Tensor2D, labels()))(tf.tensor2d(extreme))
              .dataSync(),
          ]);
          assert.ok(Number.isFinite(valueAt(loss, extreme, labels)));
          assert.ok(gradient.every(Number.isFinite), `gradient ${gradient.join(" ")}`);
        });
      }
    }

    it(`${type} leaves no tensors behind and gives the sum as N times the mean`, () => {
      const [config = {}] = configs[type];
      const before = tf.memory().numTensors;
      const mean = valueAt(build(type, config), logits, () => tf.tensor1d([0, 6, 3], "int32"));
      const sum = valueAt(build(type, { ...config, reduction: "sum" }), logits, () => tf.tensor1d([0, 6, 3], "int32"));
      assert.ok(Math.abs(sum - mean * SAMPLE_COUNT) < 1e-4);
      assert.equal(tf.memory().numTensors, before);
    });
  }

  conforms(losses, configs, { numClasses: CLASS_COUNT });
});
