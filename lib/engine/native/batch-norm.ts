import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { nativeBackend } from "./backend.ts";
import type { NativeBackend, OpAttribute } from "./backend.ts";

/** The normalised batch and its statistics. `variance` is the unbiased one, which PyTorch's `running_var` averages. */
export interface NormalizedBatch {
  readonly output: Tensor4D; // [N, H, W, C]
  readonly mean: Tensor1D; // [C]
  readonly variance: Tensor1D; // [C]
}

/**
 * Batch normalisation with the statistics of the batch (Ioffe & Szegedy 2015), differentiable in `input`, `scale` and
 * `offset`. On TensorFlow it is one op forward and one backward (FusedBatchNormV3); composed from tfjs ops it is ~90.
 * `mean` and `variance` are kept: the caller disposes them.
 */
export function normalizeBatch(input: Tensor4D, scale: Tensor1D, offset: Tensor1D, epsilon: number): NormalizedBatch {
  const backend = nativeBackend();
  return backend
    ? normalizeNatively(backend, [input, scale, offset], epsilon)
    : normalizeComposed(input, scale, offset, epsilon);
}

function attributes({ binding }: NativeBackend, epsilon: number): OpAttribute[] {
  return [
    { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: "U", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: "epsilon", type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: "data_format", type: binding.TF_ATTR_STRING, value: "NHWC" },
    { name: "is_training", type: binding.TF_ATTR_BOOL, value: true },
  ];
}

function normalizeNatively(
  backend: NativeBackend,
  inputs: readonly [Tensor4D, Tensor1D, Tensor1D],
  epsilon: number,
): NormalizedBatch {
  const attrs = attributes(backend, epsilon);
  let statistics: readonly Tensor1D[] = [];
  const forward = tf.customGrad((...args) => {
    const [x, gamma, beta, save] = args as [Tensor4D, Tensor1D, Tensor1D, (tensors: Tensor[]) => void];
    const none = tf.zeros([0]);
    const [output, mean, variance, ...reserved] = backend.executeMultipleOutputs(
      "FusedBatchNormV3",
      attrs,
      [x, gamma, beta, none, none],
      6,
    ) as [Tensor4D, Tensor1D, Tensor1D, ...Tensor[]];
    statistics = [tf.keep(mean), tf.keep(variance)];
    save([x, gamma, ...reserved]);
    return {
      value: output,
      gradFunc: (gradient: Tensor, saved: Tensor[]) => {
        const [savedX, savedGamma, ...savedReserved] = saved as [Tensor, Tensor, ...Tensor[]];
        const operands = [gradient, savedX, savedGamma, ...savedReserved];
        return backend.executeMultipleOutputs("FusedBatchNormGradV3", attrs, operands, 5).slice(0, 3);
      },
    };
  });
  const output = forward(...inputs);
  const [mean, variance] = statistics as readonly [Tensor1D, Tensor1D];
  return { output, mean, variance };
}

/** The same from tfjs ops: for the fallback backends, and to test the native op against. */
export function normalizeComposed(
  input: Tensor4D,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
): NormalizedBatch {
  const { mean, variance } = tf.moments(input, [0, 1, 2]);
  const count = input.size / (input.shape[3] || 1);
  const multiplier = scale.mul(variance.add(epsilon).rsqrt());
  const output = input.sub(mean).mul(multiplier).add<Tensor4D>(offset);
  return {
    output,
    mean: tf.keep(mean.clone()) as Tensor1D,
    variance: tf.keep(variance.mul<Tensor1D>(count / Math.max(count - 1, 1))),
  };
}
