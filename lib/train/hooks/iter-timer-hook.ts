import { z } from "zod";
import { component } from "../../config/component.ts";
import { PRIORITIES } from "../run.ts";
import type { Hook } from "../run.ts";
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
      afterIteration(run) {
        totalMs += run.last?.totalMs ?? 0;
        count += 1;
        const left = run.maxEpochs * run.epochLength - run.step;
        run.etaSeconds = ((totalMs / count) * left) / 1000;
      },
    };
  },
});
