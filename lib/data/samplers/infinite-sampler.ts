import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { epochOrder, roundedUp, type Sampler, type SamplerContext } from "./sampler.ts";

/**
 * mmengine's InfiniteSampler: one pass over the dataset after another, without an end and without padding. An epoch is
 * as long as any other sampler's and goes on where the one before it ended, also in the middle of a pass.
 */
export const InfiniteSampler = component({
  schema: z.strictObject({
    shuffle: z.boolean().default(true).describe("A new order for each pass."),
    seed: z.int().nonnegative().nullable().default(null).describe("Seed of the orders; the run's seed where null."),
  }),
  create(config, { context }: Builder<SamplerContext>): Sampler {
    const seed = config.seed ?? context.seed;
    return ({ count, epoch, worldSize }) => {
      const length = roundedUp(count, worldSize);
      const positions: number[] = [];
      for (let pass = Math.floor((epoch * length) / count); positions.length < length; pass++) {
        const order = epochOrder(count, config.shuffle && { seed, epoch: pass });
        const from = Math.max(0, epoch * length - pass * count);
        for (const position of order.slice(from, from + length - positions.length)) positions.push(position);
      }
      return positions;
    };
  },
});
