import type { Scalar, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";

/** int32 class indices [N], or a distribution over the classes for each sample [N, C] (mixup, cutmix). */
export type Targets = Tensor1D | Tensor2D;

/**
 * A loss, pure: logits [N, C] and targets in, one number out; `loss_weight` is in it.
 * Intermediate tensors are left to the caller's `tf.tidy`.
 */
export type Loss = (logits: Tensor2D, labels: Targets) => Scalar;

export interface LossContext {
  readonly numClasses: number;
}

/** The keys that every loss has. */
export const reductionFields = {
  reduction: z.enum(["mean", "sum"]).default("mean").describe("How the samples' losses become one number."),
  loss_weight: z.number().default(1).describe("Factor on the loss."),
};

export interface Reduction {
  readonly reduction: "mean" | "sum";
  readonly loss_weight: number;
}
