import { z } from "zod";
import { scheduler, windowFields } from "./scheduler.ts";

const schema = z.strictObject({
  ...windowFields,
  milestones: z.array(z.number().int()).describe("Steps, counted from begin, at which the value decays."),
  gamma: z.number().default(0.1).describe("Factor at each milestone; a milestone named twice decays twice."),
});

/** Multiplies by gamma at each milestone. */
export const MultiStepLR = scheduler(schema, {
  rule({ milestones, gamma }, { scale }) {
    const scaled = milestones.map((milestone) => milestone * scale);
    return ({ current, step }) => current * gamma ** scaled.filter((milestone) => milestone === step).length;
  },
});
