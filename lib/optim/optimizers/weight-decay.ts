import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { OptimizerScalars } from "#lib/optim/types.ts";

/** The weight decay of this step: the schedule's where there is one, else the config's. */
export function weightDecayOf(configured: number, scalars: OptimizerScalars): Scalar | number {
  return scalars.weightDecay ?? configured;
}

/** L2 regularisation as torch.optim's SGD and Adam have it: `gradient + weightDecay * parameter`. */
export function addWeightDecay(gradient: Tensor, parameter: Tensor, weightDecay: Scalar | number): Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay));
}
