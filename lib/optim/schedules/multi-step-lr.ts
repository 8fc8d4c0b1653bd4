import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    milestones: z.array(z.number().int()).describe("Steps, counted from begin, at which the value decays."),
    gamma: z.number().default(0.1).describe("Factor at each milestone; a milestone named twice decays twice."),
  })
  .refine(...inOneUnit);
type Config = z.output<typeof schema>;

/** Multiplies by gamma at each milestone. */
export const MultiStepLR = component({
  schema,
  create: scheduled<Config>(({ milestones, gamma }, { scale }) => {
    const scaled = milestones.map((milestone) => milestone * scale);
    return ({ current, step }) => current * gamma ** scaled.filter((milestone) => milestone === step).length;
  }),
});
