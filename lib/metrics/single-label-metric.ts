import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { macroScores, microScores } from "./class-scores.ts";
import type { ClassScores } from "./class-scores.ts";
import { metricFields, thresholdSuffix, thresholdsField } from "./fields.ts";
import type { Metric } from "./types.ts";

const ITEMS = { precision: "precision", recall: "recall", "f1-score": "f1", support: "support" } as const;
const itemNames = ["precision", "recall", "f1-score", "support"] as const;

const schema = z.strictObject({
  thrs: thresholdsField.describe("A top probability that is not above it predicts nothing; None for no threshold."),
  items: z.array(z.enum(itemNames)).min(1).default(["precision", "recall", "f1-score"]).describe("What to report."),
  average: z
    .enum(["macro", "micro"])
    .default("macro")
    .describe("Mean of the classes' scores, or the score of all classes counted together; per class is not reported."),
  num_classes: ignored("the predictions know it", z.number().int().positive().nullish()),
  ...metricFields,
});

/** Precision, recall and F1 in percent; names and rules of mmpretrain's SingleLabelMetric. */
export const SingleLabelMetric = component({
  schema,
  create({ thrs, items, average, prefix }): Metric {
    const figures = thrs.flatMap((threshold) =>
      items.map((item) => {
        const suffix = thresholdSuffix(threshold, thrs) + (average === "micro" ? "_micro" : "");
        const key: keyof ClassScores = ITEMS[item];
        return { name: `${prefix ?? "single-label"}/${item}${suffix}`, threshold, key };
      }),
    );
    const scores = average === "micro" ? microScores : macroScores;
    return {
      directions: Object.fromEntries(figures.map(({ name }) => [name, "greater"])),
      compute: (predictions) =>
        Object.fromEntries(figures.map(({ name, threshold, key }) => [name, scores(predictions, threshold)[key]])),
    };
  },
});
