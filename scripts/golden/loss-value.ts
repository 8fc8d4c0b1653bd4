import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Runner, TensorFunction } from "#lib/engine/program.ts";
import type { Loss } from "#lib/nn/losses/types.ts";

/** The loss of some samples at once, of scores [N, C] and classes [N] or soft targets [N, C]. */
export type Evaluate = (
  scores: readonly (readonly number[])[],
  targets: readonly (number | readonly number[])[],
) => number;

export function evaluateBy(runner: Runner, loss: Loss): Evaluate {
  const compute: TensorFunction = (_, { scores, targets }) => ({
    loss: loss(scores as Tensor2D, targets as Tensor1D | Tensor2D),
  });
  return (scores, targets) => {
    const shape = [scores.length, scores[0]?.length ?? 0];
    const isSoft = targets.some((target) => typeof target !== "number");
    using results = runner.run(compute, {
      scores: { type: "float32", shape, values: Float32Array.from(scores.flat()) },
      targets: isSoft
        ? { type: "float32", shape, values: Float32Array.from(targets.flat()) }
        : { type: "int32", shape: [targets.length], values: Int32Array.from(targets.flat()) },
    });
    return results.read("loss")[0] ?? NaN;
  };
}
