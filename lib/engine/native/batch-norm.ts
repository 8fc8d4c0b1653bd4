import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Attributes, Form, RunOp } from "#lib/engine/op.ts";
import type { NormalizedBatch } from "#lib/engine/ops.ts";

const FLOAT = { type: "float32" } as const;

/** One op forward and one backward (FusedBatchNormV3); composed from tfjs ops it is ~90. */
export function normalizeNatively(
  run: RunOp,
  inputs: readonly [Tensor4D, Tensor1D, Tensor1D],
  epsilon: number,
): NormalizedBatch {
  const attributes: Attributes = {
    T: FLOAT,
    U: FLOAT,
    epsilon: { float: epsilon },
    data_format: { text: "NHWC" },
    is_training: { bool: true },
  };
  const formOf = ({ shape }: Tensor): Form => ({ ...FLOAT, shape });
  let statistics: readonly Tensor1D[] = [];
  const forward = tf.customGrad((...args) => {
    const [x, gamma, beta, save] = args as [Tensor4D, Tensor1D, Tensor1D, (tensors: Tensor[]) => void];
    const none = tf.zeros([0]);
    const perChannel = Array.from({ length: 5 }, () => formOf(gamma));
    const [output, mean, variance, ...reserved] = run({
      op: "FusedBatchNormV3",
      inputs: [x, gamma, beta, none, none],
      attributes,
      outputs: [formOf(x), ...perChannel],
      typed: { inputs: [0], outputs: [0] },
    }) as [Tensor4D, Tensor1D, Tensor1D, ...Tensor[]];
    statistics = [tf.keep(mean), tf.keep(variance)];
    save([x, gamma, ...reserved]);
    return {
      value: output,
      gradFunc: (gradient: Tensor, saved: Tensor[]) => {
        const [savedX, savedGamma, ...savedReserved] = saved as [Tensor, Tensor, ...Tensor[]];
        const empty = { ...FLOAT, shape: [0] };
        return run({
          op: "FusedBatchNormGradV3",
          inputs: [gradient, savedX, savedGamma, ...savedReserved],
          attributes,
          outputs: [formOf(savedX), formOf(savedGamma), formOf(savedGamma), empty, empty],
          typed: { inputs: [0, 1], outputs: [0] },
        }).slice(0, 3);
      },
    };
  });
  const output = forward(...inputs);
  const [mean, variance] = statistics as readonly [Tensor1D, Tensor1D];
  return { output, mean, variance };
}
