import { z } from "zod";
import { scheduler, windowFields } from "./scheduler.ts";

const schema = z.strictObject({
  ...windowFields,
  step_size: z.number().int().positive().describe("Steps between two decays."),
  gamma: z.number().default(0.1).describe("Factor at each decay."),
});

/** Multiplies by gamma every step_size steps. */
export const StepLR = scheduler(schema, {
  rule({ step_size, gamma }, { scale }) {
    const period = step_size * scale;
    return ({ current, step }) => (step > 0 && step % period === 0 ? current * gamma : current);
  },
});
