import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { PRIORITIES } from "#lib/train/hook.ts";
import type { Hook } from "#lib/train/hook.ts";
import { stepCount } from "#lib/train/run.ts";
import { prioritySchema } from "./priority.ts";

const schema = z.strictObject({
  priority: prioritySchema.default(PRIORITIES.NORMAL).describe("When it runs among the hooks"),
});

/** Estimates the time to the end from the mean duration of the iterations of this run. */
export const IterTimerHook = component({
  schema,
  create({ priority }): Hook {
    let totalMs = 0;
    let count = 0;
    return {
      name: "IterTimerHook",
      priority,
      afterIteration({ run, result }, control) {
        totalMs += result.totalMs;
        count += 1;
        control.estimate(((totalMs / count) * (stepCount(run) - run.step)) / 1000);
      },
    };
  },
});
