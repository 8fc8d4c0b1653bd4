import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { classFactorFields, classFactors } from "./class-factors.ts";
import { sigmoidCrossEntropy, softmaxCrossEntropy } from "./cross-entropy.ts";
import { lossOf } from "./reduce.ts";
import { reductionFields } from "./types.ts";
import type { Loss, LossContext } from "./types.ts";

const schema = z
  .strictObject({
    use_sigmoid: z.boolean().default(false).describe("Binary cross entropy of each class instead of a softmax."),
    use_soft: ignored("targets that are distributions work either way", z.boolean().default(false)),
    ...classFactorFields,
    ...reductionFields,
  })
  .refine((config) => !(config.use_sigmoid && config.use_soft), {
    path: ["use_soft"],
    error: "False, or use_sigmoid=False",
  });

/**
 * Cross entropy as mmpretrain's CrossEntropyLoss: class weights multiply, and the mean still divides by the number of
 * samples. With use_sigmoid the classes are summed and the samples averaged, as mmpretrain's heads ask for.
 */
export const CrossEntropyLoss = component({
  schema,
  create(config, { context: { numClasses } }: Builder<LossContext>): Loss {
    const factors = classFactors(config, numClasses);
    const formula = config.use_sigmoid ? sigmoidCrossEntropy : softmaxCrossEntropy;
    return lossOf((logits, targets) => formula(logits, targets, factors), config);
  },
});
