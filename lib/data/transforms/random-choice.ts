import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { drawIndex } from "./draw.ts";
import { probability } from "./keys.ts";
import { nested } from "./nested.ts";
import { notesOf } from "./transform.ts";
import type { Transform } from "./transform.ts";

/** Does what one of several candidates does. */
export const RandomChoice = component({
  schema: z
    .strictObject({
      transforms: z
        .array(z.union([dictionary, z.array(dictionary)]))
        .nonempty()
        .describe("The candidates, each a transform or a list of them, in order."),
      prob: z.array(probability).nullable().default(null).describe("Probability of each; by default they are equal."),
    })
    .refine(({ prob, transforms }) => prob === null || prob.length === transforms.length, {
      path: ["prob"],
      error: "expected one probability for each candidate",
    })
    .refine(({ prob }) => prob === null || Math.abs(prob.reduce((sum, one) => sum + one, 0) - 1) < 1e-6, {
      path: ["prob"],
      error: "expected probabilities that add up to 1",
    }),
  create({ prob }, builder: Builder<unknown, Transform>): Transform {
    const candidates = builder.node
      .at("transforms")
      .items()
      .map((candidate) => nested(candidate, builder));
    const last = candidates.length - 1;
    return {
      notes: notesOf(candidates),
      plan(size, random) {
        const index = prob === null ? random.integer(0, last) : (drawIndex(prob, random) ?? last);
        return defined(candidates[index], "a candidate").plan(size, random);
      },
    };
  },
});
