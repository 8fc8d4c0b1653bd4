import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { OptimizerScalars } from "#lib/optim/types.ts";

const decay = z.number().min(0).lt(1);

/** The keys that Adam and AdamW share, without the weight decay. */
export const momentsFields = {
  lr: z.number().min(0).default(1e-3).describe("Learning rate."),
  betas: z
    .tuple([decay, decay])
    .default([0.9, 0.999])
    .describe("Decay of the running mean of the gradient and of its square."),
  eps: z.number().min(0).default(1e-8).describe("Added to the denominator, outside the root."),
  amsgrad: z
    .literal(false, "amsgrad is not supported; leave it out")
    .default(false)
    .describe("Only false: the AMSGrad variant is not built."),
};

export const MOMENT_SLOTS: readonly string[] = ["exp_avg", "exp_avg_sq"];

export interface MomentsOptions {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly scalars: OptimizerScalars;
}

/** 1 - beta^step, by expm1: in float32 the plain form loses five digits at beta 0.999. */
function biasCorrection(beta: number, step: Scalar): Tensor {
  return tf.neg(tf.expm1(tf.mul(step, Math.log(beta))));
}

/** What to subtract from the parameter, and the new moments (Kingma & Ba 2015, algorithm 1, as torch.optim.Adam orders it). */
export function adaptiveStep(
  gradient: Tensor,
  [mean, square]: readonly Tensor[],
  { betas: [beta1, beta2], eps, scalars }: MomentsOptions,
): { readonly change: Tensor; readonly slots: readonly Tensor[] } {
  const nextMean = tf.add(tf.mul(defined(mean, "exp_avg"), beta1), tf.mul(gradient, 1 - beta1));
  const nextSquare = tf.add(tf.mul(defined(square, "exp_avg_sq"), beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const stepSize = tf.div(scalars.learningRate, biasCorrection(beta1, scalars.step));
  const root = tf.div(tf.sqrt(nextSquare), tf.sqrt(biasCorrection(beta2, scalars.step)));
  return { change: tf.mul(tf.div(nextMean, tf.add(root, eps)), stepSize), slots: [nextMean, nextSquare] };
}
