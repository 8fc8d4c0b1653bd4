import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";

const factor = z.number().min(0).max(1);

const schema = z
  .strictObject({
    ...windowFields,
    start_factor: factor
      .refine((value) => value > 0, "a factor above 0: later steps multiply the value of the first")
      .default(1 / 3)
      .describe("Factor at the first step of the window (the warm-up's start)."),
    end_factor: factor.default(1).describe("Factor at the last step of the window."),
  })
  .refine(...inOneUnit);
type Config = z.output<typeof schema>;

/** Goes from start_factor to end_factor in a straight line; the last step of the window reaches the end. */
export const LinearLR = component({
  schema,
  create: scheduled<Config>(({ start_factor: start, end_factor: end }, { steps }) => {
    const rise = end - start;
    return ({ current, step }) =>
      step === 0 ? current * start : current * (1 + rise / ((steps - 1) * start + (step - 1) * rise));
  }),
});
