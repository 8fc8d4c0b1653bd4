import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    gamma: z.number().describe("Factor at every step after the first."),
  })
  .refine(...inOneUnit);
type Config = z.output<typeof schema>;

/** Multiplies by gamma at every step. */
export const ExponentialLR = component({
  schema,
  create: scheduled<Config>(({ gamma }) => {
    return ({ current, step }) => (step === 0 ? current : current * gamma);
  }),
});
