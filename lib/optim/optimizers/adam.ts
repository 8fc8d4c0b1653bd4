import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Optimizer } from "#lib/optim/types.ts";
import { MOMENT_SLOTS, adaptiveStep, momentsFields } from "./adaptive-moments.ts";
import { addWeightDecay, weightDecayOf } from "./weight-decay.ts";

const schema = z.strictObject({
  ...momentsFields,
  weight_decay: z.number().min(0).default(0).describe("L2 penalty, added to the gradient before the moments."),
});

/** Adam, formulas of torch.optim.Adam: the weight decay is an L2 penalty in the gradient. */
export const Adam = component({
  schema,
  create({ lr, betas, eps, weight_decay }): Optimizer {
    return {
      learningRate: lr,
      weightDecay: weight_decay,
      slotNames: MOMENT_SLOTS,
      update(parameter, gradient, slots, scalars) {
        const decayed = addWeightDecay(gradient, parameter, weightDecayOf(weight_decay, scalars));
        const step = adaptiveStep(decayed, slots, { betas, eps, scalars });
        return { parameter: tf.sub(parameter, step.change), slots: step.slots };
      },
    };
  },
});
