import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import {
  epochOrder,
  everyNth,
  roundUpToRanks,
  type Sampler,
  type SamplerContext,
  type SampleRequest,
} from "./sampler.ts";

export interface SampleOrderOptions extends SampleRequest {
  readonly shuffle: boolean;
  readonly seed: number;
  /** Repeat the first samples so that all ranks see equally many. */
  readonly roundUp: boolean;
}

/** The layout of mmengine's DefaultSampler: one order per epoch, dealt out to the ranks in turn. */
export function sampleOrder(options: SampleOrderOptions): readonly number[] {
  const { count, shuffle, seed, epoch, rank, worldSize, roundUp } = options;
  const order = epochOrder(count, shuffle && { seed, epoch });
  return everyNth(roundUp ? roundUpToRanks(order, worldSize) : order, rank, worldSize);
}

export const DefaultSampler = component({
  schema: z.strictObject({
    shuffle: z.boolean().default(true).describe("A new order for each epoch."),
    seed: z.int().nonnegative().nullable().default(null).describe("Seed of the orders; the run's seed where null."),
    round_up: z.boolean().default(true).describe("Repeat the first samples so that all ranks see equally many."),
  }),
  create(config, { context }: Builder<SamplerContext>): Sampler {
    const seed = config.seed ?? context.seed;
    return (request) => sampleOrder({ ...request, shuffle: config.shuffle, seed, roundUp: config.round_up });
  },
});
