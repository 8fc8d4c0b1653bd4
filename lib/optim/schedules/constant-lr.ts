import { z } from "zod";
import { component } from "#lib/config/component.ts";
import type { Builder } from "#lib/config/component.ts";
import { inOneUnit, schedulerOf, windowFields } from "./scheduler.ts";
import type { ScheduleContext, Scheduler } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    factor: z
      .number()
      .positive()
      .max(1)
      .default(1 / 3)
      .describe("Factor inside the window; its last step takes it back."),
  })
  .refine(...inOneUnit);

/** Multiplies by a factor at the window's first step and divides by it at the last. */
export const ConstantLR = component({
  schema,
  create(config, { context }: Builder<ScheduleContext>): Scheduler {
    const { factor } = config;
    return schedulerOf(config, context, {
      rule:
        ({ steps }) =>
        ({ current, step }) => {
          if (step === 0) return current * factor;
          return step === steps - 1 ? current * (1 / factor) : current;
        },
    });
  },
});
