import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { randomStream } from "#lib/base/random.ts";
import { composedOps } from "#lib/engine/composed.ts";
import { ops } from "#lib/engine/ops.ts";
import type { NormalizedBatch, Ops } from "#lib/engine/ops.ts";
import { assertClose } from "#test/support/close.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

const EPSILON = 1e-5;
type Normalize = Ops["normalizeBatch"];
const normalizeBatch: Normalize = (...args) => ops().normalizeBatch(...args);
const { normalizeBatch: normalizeComposed } = composedOps;
type Shape = [number, number, number, number];

function normal(seed: number, shape: readonly number[], mean = 0): Tensor {
  const random = randomStream(seed);
  const count = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: count }, () => random.normal(mean)),
    [...shape],
  );
}

interface Numbers {
  readonly output: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly gradients: readonly Float32Array[];
}

/** Values and the gradients of a weighted sum of the output by input, scale and offset. */
function run(normalize: Normalize, shape: Shape): Numbers {
  return tf.tidy(() => {
    const channels = shape[3];
    const inputs = [normal(1, shape, 3), normal(2, [channels], 1), normal(3, [channels])];
    const upstream = normal(4, shape);
    let seen: NormalizedBatch | undefined;
    const forward = (...[input, scale, offset]: Tensor[]): Scalar => {
      seen = normalize(input as Tensor4D, scale as Tensor1D, offset as Tensor1D, EPSILON);
      return seen.output.mul(upstream).sum();
    };
    const gradients = tf
      .grads(forward)(inputs)
      .map((gradient) => gradient.dataSync<"float32">());
    tf.dispose([seen?.mean, seen?.variance].filter((tensor) => tensor !== undefined));
    const { output, mean, variance } = normalize(
      inputs[0] as Tensor4D,
      inputs[1] as Tensor1D,
      inputs[2] as Tensor1D,
      EPSILON,
    );
    const numbers = {
      output: output.dataSync<"float32">(),
      mean: mean.dataSync<"float32">(),
      variance: variance.dataSync<"float32">(),
      gradients,
    };
    tf.dispose([mean, variance]);
    return numbers;
  });
}

describe("normalizeBatch", () => {
  before(useTensorFlow);

  for (const shape of [
    [4, 5, 3, 8],
    [1, 4, 2, 3],
    [7, 1, 1, 16],
  ] satisfies Shape[]) {
    it(`on TensorFlow gives the values and gradients of the composed ops for [${shape.join(", ")}]`, function () {
      if (ops() === composedOps) this.skip();
      const native = run(normalizeBatch, shape);
      const composed = run(normalizeComposed, shape);
      assertClose(native.output, composed.output, { tolerance: 1e-5, what: "output" });
      assertClose(native.mean, composed.mean, { tolerance: 1e-6, what: "mean" });
      assertClose(native.variance, composed.variance, { tolerance: 1e-5, what: "variance" });
      for (const [index, what] of ["input", "scale", "offset"].entries()) {
        const [got = [], expected = []] = [native.gradients[index], composed.gradients[index]];
        assertClose(got, expected, { tolerance: 2e-4, what: `gradient of ${what}` });
      }
    });
  }

  for (const [name, normalize] of Object.entries({ normalizeBatch, normalizeComposed })) {
    it(`${name} reports the unbiased variance, as PyTorch's running_var averages it`, () => {
      tf.tidy(() => {
        const input = tf.tensor4d([1, 2, 3, 6], [2, 2, 1, 1]); // mean 3, squared deviations 4 + 1 + 0 + 9
        const { mean, variance } = normalize(input, tf.tensor1d([1]), tf.tensor1d([0]), EPSILON);
        assertClose(mean.dataSync(), [3], { tolerance: 1e-6 });
        assertClose(variance.dataSync(), [14 / 3], { tolerance: 1e-6 });
        tf.dispose([mean, variance]);
      });
    });
  }

  it("leaves only its statistics behind, which its caller disposes", () => {
    const before = tf.memory().numTensors;
    const { mean, variance } = tf.tidy(() => {
      const batch = normalizeBatch(normal(1, [2, 3, 3, 4]) as Tensor4D, tf.ones([4]), tf.zeros([4]), EPSILON);
      return { mean: batch.mean, variance: batch.variance };
    });
    assert.equal(tf.memory().numTensors, before + 2);
    tf.dispose([mean, variance]);
    assert.equal(tf.memory().numTensors, before);
  });
});
