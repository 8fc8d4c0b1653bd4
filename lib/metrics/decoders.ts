import { meanOf, medianOf, topClasses } from "./distribution.ts";
import type { Distribution } from "./distribution.ts";

/** Makes an age in months of the classes' probabilities. */
export type Decoder = (distribution: Distribution) => number;

function flooredMean(classes: readonly number[]): number {
  return Math.floor(classes.reduce((sum, month) => sum + month, 0) / classes.length);
}

/** Whole-month mean of the `count` most probable months, whatever their probabilities. */
export function topMean(count: number): Decoder {
  return (distribution) => flooredMean(topClasses(distribution, count));
}

/** The contest's answer: of the five most probable months drop the oldest and the youngest, floor the mean of the rest. */
export function trimmedTop5(distribution: Distribution): number {
  const ages = topClasses(distribution, 5).toSorted((a, b) => a - b);
  return flooredMean(ages.length > 2 ? ages.slice(1, -1) : ages);
}

/** Every decoder that PetAgeMAE measures, by the name of its figure. */
export const decoders = {
  mae_argmax: topMean(1),
  mae_top2_mean: topMean(2),
  mae_top3_mean: topMean(3),
  mae_trimmed_top5: trimmedTop5,
  mae_median: medianOf,
  mae_mean: meanOf,
} as const satisfies Readonly<Record<string, Decoder>>;
