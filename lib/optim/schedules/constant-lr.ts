import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";

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
type Config = z.output<typeof schema>;

/** Multiplies by a factor at the window's first step and divides by it at the last. */
export const ConstantLR = component({
  schema,
  create: scheduled<Config>(({ factor }, { steps }) => {
    return ({ current, step }) => {
      if (step === 0) return current * factor;
      return step === steps - 1 ? current * (1 / factor) : current;
    };
  }),
});
