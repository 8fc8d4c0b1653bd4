import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    step_size: z.number().int().positive().describe("Steps between two decays."),
    gamma: z.number().default(0.1).describe("Factor at each decay."),
  })
  .refine(...inOneUnit);
type Config = z.output<typeof schema>;

/** Multiplies by gamma every step_size steps. */
export const StepLR = component({
  schema,
  create: scheduled<Config>(({ step_size, gamma }, { scale }) => {
    const period = step_size * scale;
    return ({ current, step }) => (step > 0 && step % period === 0 ? current * gamma : current);
  }),
});
