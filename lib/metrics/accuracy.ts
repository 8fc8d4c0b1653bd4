import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { component } from "#lib/config/component/component.ts";
import { topClasses } from "./distribution.ts";
import { metricFields, thresholdSuffix, thresholdsField, topkField } from "./fields.ts";
import { labelledSamples, meanOver } from "./samples.ts";
import type { Metric, Predictions } from "./types.ts";

const schema = z.strictObject({
  topk: topkField.describe("A sample counts when its label is among the k most probable classes; one k or several."),
  thrs: thresholdsField.describe("...and that class's probability is above the threshold; None for no threshold."),
  ...metricFields,
});

export interface AccuracyOptions {
  readonly topk: number;
  readonly threshold: number | null;
}

/** Share of samples, in percent, whose label is among the top k with a probability above the threshold. */
export function accuracyOf(predictions: Predictions, { topk, threshold }: AccuracyOptions): number {
  if (topk > predictions.numClasses) {
    throw new PetageError(
      "CONFIG_INVALID_VALUE",
      `Cannot measure top-${topk} accuracy of ${predictions.numClasses} classes`,
      {
        hint: "Lower topk in val_evaluator and test_evaluator",
      },
    );
  }
  const hit = ({ probabilities, label }: { probabilities: Float32Array; label: number }): boolean =>
    topClasses(probabilities, topk).includes(label) && (threshold === null || (probabilities[label] ?? 0) > threshold);
  return meanOver(labelledSamples(predictions), (sample) => (hit(sample) ? 100 : 0));
}

/** Top-k accuracy in percent; names and rules of mmpretrain's Accuracy. */
export const Accuracy = component({
  schema,
  create({ topk, thrs, prefix }): Metric {
    const figures = topk.flatMap((k) =>
      thrs.map((threshold) => ({
        name: `${prefix ?? "accuracy"}/top${k}${thresholdSuffix(threshold, thrs)}`,
        options: { topk: k, threshold },
      })),
    );
    return {
      directions: Object.fromEntries(figures.map(({ name }) => [name, "greater"])),
      leastClasses: Math.max(...topk),
      compute: (predictions) =>
        Object.fromEntries(figures.map(({ name, options }) => [name, accuracyOf(predictions, options)])),
    };
  },
});
