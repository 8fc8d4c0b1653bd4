import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { MINIMUM_RULE, minimumFields, minimumOf, oneMinimum } from "./minimum.ts";
import { inOneUnit, scheduled, windowFields } from "./scheduler.ts";
import type { Rule, Window } from "./scheduler.ts";

const schema = z
  .strictObject({
    ...windowFields,
    ...minimumFields,
    periods: z.array(z.number().int().positive()).min(1).describe("Steps of each half cosine."),
    restart_weights: z
      .array(z.number())
      .default([1])
      .describe("Share of the config's value that each period starts from."),
  })
  .refine(oneMinimum, MINIMUM_RULE)
  .refine(({ periods, restart_weights }) => periods.length === restart_weights.length, {
    path: ["restart_weights"],
    error: "one weight for each of periods",
  })
  .refine(...inOneUnit);

function restarts(config: z.output<typeof schema>, { scale }: Window): Rule {
  const periods = config.periods.map((period, index) => ({
    length: period * scale,
    weight: config.restart_weights[index] ?? 1,
  }));
  return ({ current, step, base }) => {
    const minimum = minimumOf(config, base);
    let start = 0;
    for (const { length, weight } of periods) {
      if (step < start + length) {
        return minimum + 0.5 * (base * weight - minimum) * (1 + Math.cos((Math.PI * (step - start)) / length));
      }
      start += length;
    }
    return current;
  };
}

/** Half cosines one after the other, each from its own height (SGDR); after the last period the value stays. */
export const CosineRestartLR = component({ schema, create: scheduled(restarts) });
