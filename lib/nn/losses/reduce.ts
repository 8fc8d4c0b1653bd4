import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { assert } from "#lib/base/assert.ts";
import type { Loss, Reduction, Targets } from "./types.ts";

/** Targets as a float distribution [N, C]: one-hot where they are class indices. */
function distribution(labels: Targets, numClasses: number): Tensor2D {
  if (labels.rank === 2) return labels as Tensor2D;
  return tf.oneHot(labels as Tensor1D, numClasses, 1, 0, "float32").as2D(labels.shape[0], numClasses);
}

/** Makes a loss of a per-sample formula: one-hot targets in, sums or means over the samples out. */
export function lossOf(
  perSample: (logits: Tensor2D, targets: Tensor2D) => Tensor1D, // [N, C], [N, C] -> [N]
  { reduction, loss_weight: weight }: Reduction,
): Loss {
  return (logits, labels) => {
    const [sampleCount, numClasses] = logits.shape;
    assert(labels.shape[0] === sampleCount, `${labels.shape[0]} labels for ${sampleCount} samples`);
    assert(
      labels.rank === 1 || labels.shape[1] === numClasses,
      `targets [${labels.shape.join()}] for logits [${logits.shape.join()}]`,
    );
    const losses = perSample(logits, distribution(labels, numClasses));
    const total = reduction === "mean" ? tf.mean<Scalar>(losses) : tf.sum<Scalar>(losses);
    return weight === 1 ? total : tf.mul(total, weight);
  };
}
