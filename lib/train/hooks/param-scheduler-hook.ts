import { z } from "zod";
import { component } from "../../config/component.ts";
import { PRIORITIES } from "../run.ts";
import type { Hook } from "../run.ts";
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
    afterIteration: (run) => run.schedule.afterIteration(),
    afterEpoch: (run) => run.schedule.afterEpoch(),
  }),
});
