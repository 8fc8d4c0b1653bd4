import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { sigmoidCrossEntropy, softmaxCrossEntropy } from "./cross-entropy.ts";
import { lossOf } from "./reduce.ts";
import { reductionFields } from "./types.ts";
import type { Loss, LossContext } from "./types.ts";

const schema = z.strictObject({
  label_smooth_val: z.number().min(0).lt(1).describe("How much of the label is spread over all classes."),
  mode: z
    .enum(["original", "classy_vision", "multi_label"])
    .default("original")
    .describe("(1-e)y + e/C; (y + e/C)/(1+e); or 1-e where y > 0 and e elsewhere."),
  use_sigmoid: z.boolean().nullish().describe("Binary cross entropy; the default is true for multi_label only."),
  num_classes: ignored("the head knows it", z.number().int().positive().nullish()),
  ...reductionFields,
});

type Smoothing = (targets: Tensor2D, numClasses: number) => Tensor2D;

function uniform(epsilon: number): Smoothing {
  return (targets, numClasses) => tf.add(tf.mul(targets, 1 - epsilon), epsilon / numClasses);
}

/** One function per mode: how the target distribution [N, C] is smoothed. */
const SMOOTHINGS: Readonly<Record<z.infer<typeof schema>["mode"], (epsilon: number) => Smoothing>> = {
  original: uniform,
  classy_vision: (epsilon) => uniform(epsilon / (1 + epsilon)),
  multi_label: (epsilon) => (targets) => tf.where(tf.greater(targets, 0), 1 - epsilon, epsilon) as Tensor2D,
};

/** Label smoothing (Szegedy et al. 2016) in the three ways of mmpretrain's LabelSmoothLoss. */
export const LabelSmoothLoss = component({
  schema,
  create(config, { context: { numClasses } }: Builder<LossContext>): Loss {
    const smooth = SMOOTHINGS[config.mode](config.label_smooth_val);
    const formula = (config.use_sigmoid ?? config.mode === "multi_label") ? sigmoidCrossEntropy : softmaxCrossEntropy;
    return lossOf((logits, targets) => formula(logits, smooth(targets, numClasses)), config);
  },
});
