import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { MINIMUM_RULE, minimumFields, minimumOf, oneMinimum } from "./minimum.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";
import type { Rule, Window } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    ...minimumFields,
    T_max: z
      .number()
      .int()
      .positive()
      .nullish()
      .describe("Steps from the top to the bottom; the default is the window's length."),
  })
  .refine(oneMinimum, MINIMUM_RULE)
  .refine(...inOneUnit);

/**
 * Half a cosine from the current value down to the minimum (Loshchilov & Hutter 2017), in the recursive form that works
 * on the current value; past T_max it climbs again, as in mmengine.
 */
function rule(config: z.output<typeof schema>, { steps, scale }: Window): Rule {
  const length = config.T_max ? config.T_max * scale : steps;
  const height = (step: number): number => 1 + Math.cos((Math.PI * step) / length);
  return ({ current, step, base }) => {
    const minimum = minimumOf(config, base);
    if (step === 0) return current;
    // One step past a bottom the ratio below would divide by zero.
    if ((step - 1 - length) % (2 * length) === 0) {
      return current + ((base - minimum) * (1 - Math.cos(Math.PI / length))) / 2;
    }
    return (height(step) / height(step - 1)) * (current - minimum) + minimum;
  };
}

export const CosineAnnealingLR = component({ schema, create: scheduled(rule) });

/** The same curve for the weight decay, which it alone drives. */
export const CosineAnnealingWeightDecay = component({ schema, create: scheduled(rule, { drives: "weightDecay" }) });
