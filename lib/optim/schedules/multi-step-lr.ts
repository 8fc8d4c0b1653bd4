import { z } from "zod";
import { component } from "#lib/config/component.ts";
import type { Builder } from "#lib/config/component.ts";
import { inOneUnit, schedulerOf, windowFields } from "./scheduler.ts";
import type { ScheduleContext, Scheduler } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    milestones: z.array(z.number().int()).describe("Steps, counted from begin, at which the value decays."),
    gamma: z.number().default(0.1).describe("Factor at each milestone; a milestone named twice decays twice."),
  })
  .refine(...inOneUnit);

/** Multiplies by gamma at each milestone. */
export const MultiStepLR = component({
  schema,
  create(config, { context }: Builder<ScheduleContext>): Scheduler {
    return schedulerOf(config, context, {
      rule({ scale }) {
        const milestones = config.milestones.map((milestone) => milestone * scale);
        return ({ current, step }) =>
          current * config.gamma ** milestones.filter((milestone) => milestone === step).length;
      },
    });
  },
});
