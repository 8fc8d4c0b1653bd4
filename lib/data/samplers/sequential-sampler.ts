import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { epochOrder, roundUpToRanks, type Sampler } from "./sampler.ts";

/** Never shuffles; deals the samples out in turn, or gives each rank one run of neighbours. */
export const SequentialSampler = component({
  schema: z.strictObject({
    subsample_type: z
      .enum(["default", "sequential"])
      .default("default")
      .describe("default: ranks take turns; sequential: each rank takes one run of neighbours."),
  }),
  create(config): Sampler {
    return ({ count, worldSize }) => {
      const order = roundUpToRanks(epochOrder(count, false), worldSize);
      if (config.subsample_type === "default") return order;
      const share = order.length / worldSize;
      return order.map((_, turn) => order[(turn % worldSize) * share + Math.floor(turn / worldSize)] ?? 0);
    };
  },
});
