import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { sigmoidCosts } from "./cross-entropy.ts";
import { focusing } from "./focusing.ts";
import { lossOf } from "./reduce.ts";
import { reductionFields } from "./types.ts";
import type { Loss } from "./types.ts";

const schema = z.strictObject({
  gamma: z.number().min(0).default(2).describe("How much easy classes count less."),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe("Weight of the positive class; the negative ones get 1 - alpha."),
  ...reductionFields,
});

/** Sigmoid focal loss (Lin et al. 2017), summed over the classes. */
export const FocalLoss = component({
  schema,
  create({ gamma, alpha, ...reduction }): Loss {
    return lossOf((logits, targets) => {
      const probability = tf.sigmoid(logits);
      const others = tf.sub<Tensor2D>(1, targets);
      const miss = tf.add<Tensor2D>(tf.mul(tf.sub(1, probability), targets), tf.mul(probability, others));
      const balance = tf.add(tf.mul(targets, alpha), tf.mul(others, 1 - alpha));
      return tf.sum(tf.mul(sigmoidCosts(logits, targets), tf.mul(balance, focusing(miss, gamma))), 1);
    }, reduction);
  },
});
