import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { classFactorFields, classFactors } from "./class-factors.ts";
import { sigmoidCrossEntropy, softmaxCrossEntropy } from "./cross-entropy.ts";
import { authorRow, gaussRow, smoothingMatrix } from "./gauss-smoothing.ts";
import { lossOf } from "./reduce.ts";
import { reductionFields } from "./types.ts";
import type { Loss, LossContext } from "./types.ts";

const schema = z.strictObject({
  std: z
    .number()
    .positive()
    .default(2)
    .describe("Standard deviation of the bell around the label, in classes (months)."),
  num_samples: z
    .number()
    .int()
    .positive()
    .refine((count) => count % 2 === 1, "an odd count, with the label in the middle")
    .default(11)
    .describe("How many neighbouring classes the bell covers; odd."),
  compat: z
    .enum(["none", "author"])
    .default("none")
    .describe("'author' repeats the original's numbers at both ends of the classes, only to compare with old runs."),
  use_sigmoid: z.boolean().nullish().describe("Binary cross entropy of each class instead of a softmax."),
  num_classes: ignored("the head knows it", z.number().int().positive().nullish()),
  ...classFactorFields,
  ...reductionFields,
});

/**
 * Cross entropy with a label spread as a bell over its neighbours, for classes that are an order (months). A target
 * distribution (mixup) is spread as the mix of its labels' bells.
 */
export const GaussSmoothLoss = component({
  schema,
  create(config, { context: { numClasses } }: Builder<LossContext>): Loss {
    const smoothing = { numClasses, std: config.std, sampleCount: config.num_samples };
    const matrix = smoothingMatrix(smoothing, config.compat === "author" ? authorRow : gaussRow);
    const factors = classFactors(config, numClasses);
    const formula = config.use_sigmoid ? sigmoidCrossEntropy : softmaxCrossEntropy;
    return lossOf((logits, targets) => {
      const spread: Tensor2D = tf.matMul(targets, tf.tensor2d(matrix, [numClasses, numClasses])); // [N, C]
      return formula(logits, spread, factors);
    }, config);
  },
});
