import { z } from "zod";
import { component } from "../../config/component.ts";
import { PRIORITIES } from "../run.ts";
import type { Hook } from "../run.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  priority: prioritySchema.default(PRIORITIES.NORMAL).describe("When it runs among the hooks"),
});

/** Shuffles anew each epoch; without it every epoch sees the order and the augmentation of the first. */
export const DistSamplerSeedHook = component({
  schema,
  create: ({ priority }): Hook => ({
    name: "DistSamplerSeedHook",
    priority,
    beforeEpoch(run) {
      run.samplerEpoch = run.epoch;
    },
  }),
});
