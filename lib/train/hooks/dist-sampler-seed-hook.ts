import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook } from "#lib/train/hook.ts";
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
    beforeEpoch: ({ run }, control) => control.shuffle(run.epoch),
  }),
});
