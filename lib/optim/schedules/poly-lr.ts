import { z } from "zod";
import { component } from "#lib/config/component.ts";
import type { Builder } from "#lib/config/component.ts";
import { inOneUnit, schedulerOf, windowFields } from "./scheduler.ts";
import type { ScheduleContext, Scheduler } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    eta_min: z.number().default(0).describe("Value at the end of the window."),
    power: z.number().default(1).describe("Power of the polynomial; 1 is a straight line."),
  })
  .refine(...inOneUnit);

/** Falls to eta_min as a polynomial of the steps left. */
export const PolyLR = component({
  schema,
  create(config, { context }: Builder<ScheduleContext>): Scheduler {
    const { eta_min, power } = config;
    return schedulerOf(config, context, {
      rule:
        ({ steps }) =>
        ({ current, step }) =>
          step === 0 ? current : (current - eta_min) * (1 - 1 / (steps - step)) ** power + eta_min,
    });
  },
});
