import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { permutation } from "#lib/base/random.ts";
import { orderStream, roundUpToRanks, type Sampler, type SamplerContext, type SampleRequest } from "./sampler.ts";

/** How far the kernel reaches, in standard deviations. */
const KERNEL_REACH = 4;

/**
 * Draws rare ages more often than common ones. The weight of a sample of label y is d(y)^-power, where the density
 * d(y) = sum over y' of count(y') exp(-(y - y')^2 / (2 smoothing^2)) is smoothed over neighbouring labels: label
 * distribution smoothing (Yang, Zha, Chen, Wang, Katabi, "Delving into deep imbalanced regression", ICML 2021), of which
 * power 1 is the inverse and 0.5 the inverse square root. An epoch is as long as without, and has each of the `count`
 * samples as often as its share of the weights says, rounded up or down.
 */
export const LabelDensitySampler = component({
  schema: z.strictObject({
    power: z.number().min(0).max(1).default(0.5).describe("0: as they come; 1: all ages alike."),
    smoothing: z.number().min(0).max(120).default(2).describe("Months, a standard deviation; 0: no smoothing."),
    max_repeats: z
      .number()
      .min(1)
      .default(10)
      .describe("How often an epoch has a sample at most, where weights are larger than so many times their mean."),
    seed: z.int().nonnegative().nullable().default(null).describe("Seed of the draws; the run's seed where null."),
  }),
  create({ power, smoothing, max_repeats: maxRepeats, ...config }, { context }: Builder<SamplerContext>): Sampler {
    const seed = config.seed ?? context.seed;
    return ({ labels, epoch, worldSize }) => {
      const weights = capped(densityWeights(knownLabels(labels), { power, smoothing }), maxRepeats);
      const random = orderStream(seed, epoch);
      const drawn = drawEvenly(weights, random.next());
      return roundUpToRanks(
        permutation(drawn.length, random).map((place) => drawn[place] ?? 0),
        worldSize,
      );
    };
  },
});

/** The weight of each sample, not normalized. */
export function densityWeights(
  labels: readonly number[],
  { power, smoothing }: { readonly power: number; readonly smoothing: number },
): number[] {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const reach = Math.ceil(KERNEL_REACH * smoothing);
  const density = (label: number): number => {
    let sum = counts.get(label) ?? 0;
    for (let distance = 1; distance <= reach; distance++) {
      const neighbours = (counts.get(label - distance) ?? 0) + (counts.get(label + distance) ?? 0);
      sum += neighbours * Math.exp(-(distance ** 2) / (2 * smoothing ** 2));
    }
    return sum;
  };
  const weights = new Map([...counts.keys()].map((label) => [label, density(label) ** -power]));
  return labels.map((label) => weights.get(label) ?? 0);
}

/** Weights of at most so many times their mean; what is cut off goes to the others. */
function capped(weights: readonly number[], maxRepeats: number): number[] {
  const sorted = weights.toSorted((a, b) => b - a);
  let rest = sorted.reduce((sum, weight) => sum + weight, 0);
  // With the k greatest at the cap c = maxRepeats * mean, c n = maxRepeats (k c + rest): the first k for which c suffices.
  for (const [k, weight] of sorted.entries()) {
    const cap = (maxRepeats * rest) / (weights.length - maxRepeats * k);
    if (!(cap > 0) || weight <= cap) return weights.map((one) => (cap > 0 ? Math.min(one, cap) : one));
    rest -= weight;
  }
  return [...weights];
}

/**
 * As many positions as there are weights, each as often as its share says, rounded up or down (systematic sampling):
 * those that the marks offset, offset + 1, ... hit, where the weights lie one after the other on a line.
 * @param offset 0 to 1
 */
function drawEvenly(weights: readonly number[], offset: number): number[] {
  const scale = weights.length / weights.reduce((sum, weight) => sum + weight, 0);
  const drawn: number[] = [];
  let end = 0;
  for (const [position, weight] of weights.entries()) {
    end += weight * scale;
    const isLast = position === weights.length - 1; // whose end may have been rounded off
    const reached = isLast ? weights.length : Math.min(weights.length, Math.ceil(end - offset));
    while (drawn.length < reached) drawn.push(position);
  }
  return drawn;
}

function knownLabels(labels: SampleRequest["labels"]): number[] {
  return labels.map((label, position) => {
    if (label !== null) return label;
    throw new PetageError("DATASET_INVALID", `LabelDensitySampler needs labels, and sample ${position} has none`, {
      hint: "Set with_label=True, or take the DefaultSampler",
    });
  });
}
