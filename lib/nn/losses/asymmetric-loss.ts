import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { focusing } from "./focusing.ts";
import { lossOf } from "./reduce.ts";
import { reductionFields } from "./types.ts";
import type { Loss } from "./types.ts";

const schema = z.strictObject({
  gamma_pos: z.number().min(0).default(0).describe("Focusing exponent of the positive classes."),
  gamma_neg: z.number().min(0).default(4).describe("Focusing exponent of the negative classes."),
  clip: z.number().min(0).default(0.05).describe("Probability below which a negative class costs nothing."),
  use_sigmoid: z.boolean().default(true).describe("Probabilities by a sigmoid per class; otherwise by a softmax."),
  eps: z.number().positive().default(1e-8).describe("Smallest argument of the logarithm."),
  ...reductionFields,
});

/** Asymmetric loss (Ridnik et al. 2021), summed over the classes. */
export const AsymmetricLoss = component({
  schema,
  create(config): Loss {
    const { gamma_pos, gamma_neg, clip, eps } = config;
    return lossOf((logits, targets) => {
      const probability = config.use_sigmoid ? tf.sigmoid(logits) : tf.softmax(logits);
      const others = tf.sub<Tensor2D>(1, targets);
      const rejected = tf.minimum(tf.sub(1 + clip, probability), 1);
      const right = tf.add<Tensor2D>(tf.mul(rejected, others), tf.mul(probability, targets));
      const exponent = tf.add<Tensor2D>(tf.mul(targets, gamma_pos), tf.mul(others, gamma_neg));
      const cost = tf.mul(tf.log(tf.maximum(right, eps)), focusing(tf.sub(1, right), exponent));
      return tf.neg(tf.sum(cost, 1));
    }, config);
  },
});
