import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { epochOrder, roundUpToRanks, type Sampler, type SamplerContext } from "./sampler.ts";

/** The layout of mmengine's DefaultSampler: one order per epoch, dealt out to the ranks in turn. */
export const DefaultSampler = component({
  schema: z.strictObject({
    shuffle: z.boolean().default(true).describe("A new order for each epoch."),
    seed: z.int().nonnegative().nullable().default(null).describe("Seed of the orders; the run's seed where null."),
    round_up: z.boolean().default(true).describe("Repeat the first samples so that all ranks see equally many."),
  }),
  create(config, { context }: Builder<SamplerContext>): Sampler {
    const seed = config.seed ?? context.seed;
    return ({ count, epoch, worldSize }) => {
      const order = epochOrder(count, config.shuffle && { seed, epoch });
      return config.round_up ? roundUpToRanks(order, worldSize) : order;
    };
  },
});
