import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { epochOrder, everyNth, roundUpToRanks, type Sampler } from "./sampler.ts";

/** Never shuffles; deals the samples out in turn, or gives each rank one run of neighbours. */
export const SequentialSampler = component({
  schema: z.strictObject({
    subsample_type: z
      .enum(["default", "sequential"])
      .default("default")
      .describe("default: ranks take turns; sequential: each rank takes one run of neighbours."),
  }),
  create(config): Sampler {
    return ({ count, rank, worldSize }) => {
      const order = roundUpToRanks(epochOrder(count, false), worldSize);
      if (config.subsample_type === "default") return everyNth(order, rank, worldSize);
      const share = order.length / worldSize;
      return order.slice(rank * share, (rank + 1) * share);
    };
  },
});
