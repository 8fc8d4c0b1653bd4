import { z } from "zod";
import { scheduler, windowFields } from "./scheduler.ts";

const schema = z.strictObject({
  ...windowFields,
  gamma: z.number().describe("Factor at every step after the first."),
});

/** Multiplies by gamma at every step. */
export const ExponentialLR = scheduler(schema, {
  rule({ gamma }) {
    return ({ current, step }) => (step === 0 ? current : current * gamma);
  },
});
