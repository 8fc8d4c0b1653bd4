import { z } from "zod";
import { assert } from "#lib/base/assert.ts";
import type { Random } from "#lib/base/random.ts";
import type { Size } from "#lib/data/geometry.ts";
import type { Operation } from "#lib/data/raster.ts";
import { compat, probability } from "./keys.ts";
import type { Transform } from "./transform.ts";

// What the transforms share that RandAugment and AutoAugment choose from: they are applied with some probability, and
// as strongly as a level says, which is mapped to a range of magnitudes.

export const EXTRAPOLATES = "a level above total_level goes beyond magnitude_range";

/** Keys of all of them. */
export const augmentationKeys = {
  magnitude_level: z.number().nonnegative().default(10).describe("How strong, from 0 to total_level."),
  magnitude_range: z
    .tuple([z.number(), z.number()])
    .nullable()
    .default(null)
    .describe("The magnitudes of level 0 and of total_level; between them it grows evenly."),
  magnitude_std: z
    .union([z.number(), z.literal("inf")])
    .default(0)
    .describe("Deviation of a normal level around magnitude_level; 'inf': a uniform level from 0 to it."),
  total_level: z.number().positive().default(10).describe("The greatest level."),
  prob: probability.default(0.5).describe("Probability that it is applied."),
  compat: compat(EXTRAPOLATES),
};

/** Keys of those whose magnitude may be turned round. */
export const signedKeys = {
  ...augmentationKeys,
  random_negative_prob: probability.default(0.5).describe("Probability that the magnitude is turned negative."),
};

export interface Level {
  readonly magnitude_level: number;
  readonly magnitude_range: readonly [number, number] | null;
  readonly magnitude_std: number | "inf";
  readonly total_level: number;
  readonly compat: boolean;
}

interface Augmentation extends Level {
  readonly prob: number;
  readonly random_negative_prob?: number;
}

/** Arguments of `refine`: a fixed magnitude under `key`, or a range. */
export function oneMagnitude<Key extends string>(
  key: Key,
): [(config: Readonly<Record<Key, unknown>> & Pick<Level, "magnitude_range">) => boolean, { error: string }] {
  return [
    (config) => (config[key] === null) !== (config.magnitude_range === null),
    { error: `expected either ${key} or magnitude_range` },
  ];
}

/** What a transform does whenever it is applied. */
export function sometimes(
  { prob }: Pick<Augmentation, "prob">,
  plan: (size: Size, random: Random) => Operation,
): Transform {
  return { plan: (size, random) => (random.next() > prob ? [] : [plan(size, random)]) };
}

/** What a transform does with a magnitude, which is drawn after whether it is applied, and then its sign. */
export function withMagnitude(
  config: Augmentation,
  fixed: number | null,
  plan: (magnitude: number, size: Size, random: Random) => Operation,
): Transform {
  const { random_negative_prob: negative } = config;
  return sometimes(config, (size, random) => {
    const magnitude = fixed ?? drawMagnitude(config, random);
    const turned = negative !== undefined && random.next() < negative;
    return plan(turned ? -magnitude : magnitude, size, random);
  });
}

/** The magnitude of a level, which is fixed or drawn. */
export function drawMagnitude(config: Level, random: Random): number {
  const { magnitude_range: range, total_level } = config;
  assert(range, "a magnitude is fixed or has a range");
  const [first, last] = range;
  return (drawLevel(config, random) / total_level) * (last - first) + first;
}

function drawLevel({ magnitude_level, magnitude_std, total_level, compat: goesBeyond }: Level, random: Random): number {
  const within = (level: number): number => Math.min(Math.max(level, 0), total_level);
  const level = goesBeyond ? magnitude_level : within(magnitude_level);
  if (magnitude_std === "inf") return random.uniform(0, level);
  return magnitude_std > 0 ? within(random.normal(magnitude_level, magnitude_std)) : level;
}
