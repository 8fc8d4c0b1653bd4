import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Optimizer } from "#lib/optim/types.ts";
import { MOMENT_SLOTS, adaptiveStep, momentsFields } from "./adaptive-moments.ts";
import { weightDecayOf } from "./weight-decay.ts";

const schema = z.strictObject({
  ...momentsFields,
  weight_decay: z
    .number()
    .min(0)
    .default(0.01)
    .describe("Share of the weight taken off per step, times the learning rate."),
});

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019), formulas of torch.optim.AdamW: decay first, then step. */
export const AdamW = component({
  schema,
  create({ lr, betas, eps, weight_decay }): Optimizer {
    return {
      learningRate: lr,
      weightDecay: weight_decay,
      slotNames: MOMENT_SLOTS,
      update(parameter, gradient, slots, scalars) {
        const shrink = tf.mul(scalars.learningRate, weightDecayOf(weight_decay, scalars));
        const decayed = tf.mul(parameter, tf.sub(1, shrink));
        const step = adaptiveStep(gradient, slots, { betas, eps, scalars });
        return { parameter: tf.sub(decayed, step.change), slots: step.slots };
      },
    };
  },
});
