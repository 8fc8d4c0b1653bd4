import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { epochOrder, roundedUp, roundUpToRanks, type Sampler, type SamplerContext } from "./sampler.ts";

/**
 * Repeated augmentation (Hoffer et al., "Augment your batch", 2020): every sample comes up several times in a row,
 * augmented differently, on different ranks, and the epoch stays as long as without.
 */
export const RepeatAugSampler = component({
  schema: z.strictObject({
    num_repeats: z.int().positive().max(100).default(3).describe("How often a sample comes up."),
    shuffle: z.boolean().default(true).describe("A new order for each epoch."),
    seed: z.int().nonnegative().nullable().default(null).describe("Seed of the orders; the run's seed where null."),
  }),
  create(config, { context }: Builder<SamplerContext>): Sampler {
    const seed = config.seed ?? context.seed;
    return ({ count, epoch, worldSize }) => {
      const order = epochOrder(count, config.shuffle && { seed, epoch });
      const repeated = order.flatMap((index) => Array.from({ length: config.num_repeats }, () => index));
      return roundUpToRanks(repeated, worldSize).slice(0, roundedUp(count, worldSize));
    };
  },
});
