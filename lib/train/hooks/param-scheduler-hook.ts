import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook } from "#lib/train/hook.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  priority: prioritySchema.default(PRIORITIES.LOW).describe("When it runs among the hooks"),
});

/** Moves the schedule on, after each iteration and each epoch. */
export const ParamSchedulerHook = component({
  schema,
  create: ({ priority }): Hook => ({
    name: "ParamSchedulerHook",
    priority,
    afterIteration: (_at, control) => control.advanceSchedule("iteration"),
    afterEpoch: (_at, control) => control.advanceSchedule("epoch"),
  }),
});
