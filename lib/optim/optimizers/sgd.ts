import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Optimizer } from "#lib/optim/types.ts";
import { NESTEROV_RULE, applyMomentum, momentumFields, momentumSlots, nesterovFits } from "./momentum.ts";
import { addWeightDecay, weightDecayOf } from "./weight-decay.ts";

const schema = z
  .strictObject({
    lr: z.number().min(0).describe("Learning rate."),
    ...momentumFields,
    weight_decay: z.number().min(0).default(0).describe("L2 penalty, added to the gradient."),
  })
  .refine(nesterovFits, NESTEROV_RULE);

/** Stochastic gradient descent with momentum, formulas of torch.optim.SGD. */
export const SGD = component({
  schema,
  create(config): Optimizer {
    return {
      learningRate: config.lr,
      weightDecay: config.weight_decay,
      slotNames: momentumSlots(config),
      update(parameter, gradient, slots, scalars) {
        const decayed = addWeightDecay(gradient, parameter, weightDecayOf(config.weight_decay, scalars));
        const moved = applyMomentum(decayed, slots, { ...config, step: scalars.step });
        return { parameter: tf.sub(parameter, tf.mul(moved.direction, scalars.learningRate)), slots: moved.slots };
      },
    };
  },
});
