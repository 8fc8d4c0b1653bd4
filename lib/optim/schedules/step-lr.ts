import { z } from "zod";
import { component } from "#lib/config/component.ts";
import type { Builder } from "#lib/config/component.ts";
import { inOneUnit, schedulerOf, windowFields } from "./scheduler.ts";
import type { ScheduleContext, Scheduler } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    step_size: z.number().int().positive().describe("Steps between two decays."),
    gamma: z.number().default(0.1).describe("Factor at each decay."),
  })
  .refine(...inOneUnit);

/** Multiplies by gamma every step_size steps. */
export const StepLR = component({
  schema,
  create(config, { context }: Builder<ScheduleContext>): Scheduler {
    return schedulerOf(config, context, {
      rule({ scale }) {
        const period = config.step_size * scale;
        return ({ current, step }) => (step > 0 && step % period === 0 ? current * config.gamma : current);
      },
    });
  },
});
