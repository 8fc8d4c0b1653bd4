import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Ops } from "./ops.ts";

/** From the ops of tfjs alone: for the fallback backends, and to test native ops against. */
export const composedOps: Ops = {
  normalizeBatch(input, scale, offset, epsilon) {
    const { mean, variance } = tf.moments(input, [0, 1, 2]);
    const count = input.size / (input.shape[3] || 1);
    const multiplier = scale.mul(variance.add(epsilon).rsqrt());
    const output = input.sub(mean).mul(multiplier).add<Tensor4D>(offset);
    return {
      output,
      mean: tf.keep(mean.clone()) as Tensor1D,
      variance: tf.keep(variance.mul<Tensor1D>(count / Math.max(count - 1, 1))),
    };
  },
  at: (_place, body) => body(),
  uploadImages: (pixels, shape) => tf.tensor4d(Float32Array.from(pixels), [...shape]),
};
