import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { epochOrder, everyNth, roundUpToRanks, type Sampler, type SamplerContext } from "./sampler.ts";

/**
 * Repeated augmentation (Hoffer et al., "Augment your batch", 2020): every sample comes up several times in a row,
 * on different ranks, and the epoch stays as long as without. Not in the table yet: the random stream of a sample is
 * keyed by (seed, epoch, position), so that its repetitions would all be augmented alike.
 */
export const RepeatAugSampler = component({
  schema: z.strictObject({
    num_repeats: z.int().positive().default(3).describe("How often a sample comes up."),
    shuffle: z.boolean().default(true).describe("A new order for each epoch."),
    seed: z.int().nonnegative().nullable().default(null).describe("Seed of the orders; the run's seed where null."),
  }),
  create(config, { context }: Builder<SamplerContext>): Sampler {
    const seed = config.seed ?? context.seed;
    return ({ count, epoch, rank, worldSize }) => {
      const order = epochOrder(count, config.shuffle && { seed, epoch });
      const repeated = order.flatMap((index) => Array.from({ length: config.num_repeats }, () => index));
      return everyNth(roundUpToRanks(repeated, worldSize), rank, worldSize).slice(0, Math.ceil(count / worldSize));
    };
  },
});
