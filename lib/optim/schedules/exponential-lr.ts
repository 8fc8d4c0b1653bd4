import { z } from "zod";
import { component } from "#lib/config/component.ts";
import type { Builder } from "#lib/config/component.ts";
import { inOneUnit, schedulerOf, windowFields } from "./scheduler.ts";
import type { ScheduleContext, Scheduler } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    gamma: z.number().describe("Factor at every step after the first."),
  })
  .refine(...inOneUnit);

/** Multiplies by gamma at every step. */
export const ExponentialLR = component({
  schema,
  create(config, { context }: Builder<ScheduleContext>): Scheduler {
    const { gamma } = config;
    return schedulerOf(config, context, {
      rule:
        () =>
        ({ current, step }) =>
          step === 0 ? current : current * gamma,
    });
  },
});
