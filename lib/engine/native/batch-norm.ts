import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import type { NormalizedBatch } from "#lib/engine/ops.ts";
import type { NativeBackend, OpAttribute } from "./backend.ts";

function attributes({ binding }: NativeBackend, epsilon: number): OpAttribute[] {
  return [
    { name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: "U", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: "epsilon", type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: "data_format", type: binding.TF_ATTR_STRING, value: "NHWC" },
    { name: "is_training", type: binding.TF_ATTR_BOOL, value: true },
  ];
}

/** One op forward and one backward (FusedBatchNormV3); composed from tfjs ops it is ~90. */
export function normalizeNatively(
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
