import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Optimizer } from "#lib/optim/types.ts";
import { NESTEROV_RULE, applyMomentum, momentumFields, momentumSlots, nesterovFits } from "./momentum.ts";
import { addWeightDecay, weightDecayOf } from "./weight-decay.ts";

const schema = z
  .strictObject({
    lr: z.number().min(0).describe("Global learning rate."),
    ...momentumFields,
    weight_decay: z.number().min(0).default(0).describe("L2 penalty, added to the gradient."),
    eta: z.number().min(0).default(0.001).describe("Trust coefficient: step length per length of the weights."),
    eps: z.number().min(0).default(1e-8).describe("Added to the denominator of the trust ratio."),
  })
  .refine(nesterovFits, NESTEROV_RULE);

/** ||p|| / (||g|| + weightDecay ||p|| + eps) times eta; 1 where either norm is 0. */
function trustRatio(
  parameter: Tensor,
  gradient: Tensor,
  { eta, eps, weightDecay }: { readonly eta: number; readonly eps: number; readonly weightDecay: Scalar | number },
): Tensor {
  const weightNorm = tf.norm(parameter);
  const gradientNorm = tf.norm(gradient);
  const ratio = tf.div(tf.mul(weightNorm, eta), tf.add(tf.add(gradientNorm, tf.mul(weightNorm, weightDecay)), eps));
  return tf.where(tf.greater(tf.mul(weightNorm, gradientNorm), 0), ratio, 1);
}

/** Layer-wise adaptive rate scaling (You, Gitman & Ginsburg 2017), in mmpretrain's order: the rate enters the momentum buffer. */
export const LARS = component({
  schema,
  create(config): Optimizer {
    return {
      learningRate: config.lr,
      weightDecay: config.weight_decay,
      slotNames: momentumSlots(config),
      update(parameter, gradient, slots, scalars) {
        const weightDecay = weightDecayOf(config.weight_decay, scalars);
        const rate = tf.mul(scalars.learningRate, trustRatio(parameter, gradient, { ...config, weightDecay }));
        const scaled = tf.mul(addWeightDecay(gradient, parameter, weightDecay), rate);
        const moved = applyMomentum(scaled, slots, { ...config, step: scalars.step });
        return { parameter: tf.sub(parameter, moved.direction), slots: moved.slots };
      },
    };
  },
});
