import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { decoders, trimmedTop5 } from "./decoders.ts";
import type { Decoder } from "./decoders.ts";
import { metricFields, oneOrMore, thresholdsField, topkField } from "./fields.ts";
import { medianOf } from "./distribution.ts";
import { labelledSamples, meanOver } from "./samples.ts";
import type { LabelledSample } from "./samples.ts";
import type { Direction, Metric } from "./types.ts";

const schema = z.strictObject({
  within: oneOrMore(z.number().int().positive())
    .default([3, 6, 12])
    .describe("Report the share of samples whose error is at most this many months; one count or several."),
  topk: topkField.describe("Accepted from self_Accuracy configs, where it only names the result."),
  thrs: ignored("self_Accuracy configs have it, without effect there either", thresholdsField),
  ...metricFields,
});
type Config = z.output<typeof schema>;

interface Figure {
  readonly name: string;
  readonly direction: Direction;
  readonly value: (samples: readonly LabelledSample[]) => number;
}

/** Mean absolute error in months of what a decoder answers. */
function meanAbsoluteError(samples: readonly LabelledSample[], decode: Decoder): number {
  return meanOver(samples, ({ probabilities, label }) => Math.abs(decode(probabilities) - label));
}

/** Error in months of the age that the service answers: the median. */
function medianError({ probabilities, label }: LabelledSample): number {
  return medianOf(probabilities) - label;
}

function figuresOf({ within, prefix }: Config): Figure[] {
  const errors = Object.entries(decoders).map(([name, decode]): Figure => ({
    name,
    direction: "less",
    value: (samples) => meanAbsoluteError(samples, decode),
  }));
  const rmse: Figure = {
    name: "rmse",
    direction: "less",
    value: (samples) => Math.sqrt(meanOver(samples, (sample) => medianError(sample) ** 2)),
  };
  const shares = within.map((months): Figure => ({
    name: `within_${months}_months`,
    direction: "greater",
    value: (samples) => meanOver(samples, (sample) => (Math.abs(medianError(sample)) <= months ? 100 : 0)),
  }));
  return [...errors, rmse, ...shares].map((figure) => ({ ...figure, name: `${prefix ?? "petage"}/${figure.name}` }));
}

function metricOf(figures: readonly Figure[]): Metric {
  return {
    directions: Object.fromEntries(figures.map(({ name, direction }) => [name, direction])),
    compute(predictions) {
      const samples = labelledSamples(predictions);
      return Object.fromEntries(figures.map(({ name, value }) => [name, value(samples)]));
    },
  };
}

/**
 * Errors in months: the mean absolute error of every decoder, and of the median also the RMSE and the share of samples
 * (percent) within some months. Each figure knows whether less or more is better.
 */
export const PetAgeMAE = component({
  schema,
  create: (config): Metric => metricOf(figuresOf(config)),
});

/** PetAgeMAE under the name of the contest code, with that code's key besides: `accuracy/top10`, the trimmed error. */
export const self_Accuracy = component({
  schema,
  create(config): Metric {
    const original = config.topk.map((k): Figure => ({
      name: `${config.prefix ?? "accuracy"}/top${k}`,
      direction: "less",
      value: (samples) => meanAbsoluteError(samples, trimmedTop5),
    }));
    return metricOf([...original, ...figuresOf(config)]);
  },
});
