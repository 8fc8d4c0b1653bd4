import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    eta_min: z.number().default(0).describe("Value at the end of the window."),
    power: z.number().default(1).describe("Power of the polynomial; 1 is a straight line."),
  })
  .refine(...inOneUnit);
type Config = z.output<typeof schema>;

/** Falls to eta_min as a polynomial of the steps left. */
export const PolyLR = component({
  schema,
  create: scheduled<Config>(({ eta_min, power }, { steps }) => {
    return ({ current, step }) =>
      step === 0 ? current : (current - eta_min) * (1 - 1 / (steps - step)) ** power + eta_min;
  }),
});
