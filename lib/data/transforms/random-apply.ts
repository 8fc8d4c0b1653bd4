import { z } from "zod";
import type { Builder } from "#lib/config/component/component.ts";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { probability } from "./keys.ts";
import { nested } from "./nested.ts";
import type { Transform } from "./transform.ts";

/** Does what some transforms do, all of it or none, with some probability. */
export const RandomApply = component({
  schema: z.strictObject({
    transforms: z.union([dictionary, z.array(dictionary)]).describe("A transform, or a list of them, in order."),
    prob: probability.default(0.5).describe("Probability that they are applied."),
  }),
  create({ prob }, builder: Builder<unknown, Transform>): Transform {
    const transforms = nested(builder.node.at("transforms"), builder);
    return {
      ...transforms,
      // Drawn first, as in mmcv; where they are left out, they draw nothing.
      plan: (size, random) => (random.next() < prob ? transforms.plan(size, random) : []),
    };
  },
});
