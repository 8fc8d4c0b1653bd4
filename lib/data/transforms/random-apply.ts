import { z } from "zod";
import type { Builder } from "#lib/config/component/component.ts";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { inSequence } from "./transform.ts";
import type { Transform } from "./transform.ts";

/** Does what some transforms do, all of it or none, with some probability. */
export const RandomApply = component({
  schema: z.strictObject({
    transforms: z.union([dictionary, z.array(dictionary)]).describe("A transform, or a list of them, in order."),
    prob: z.number().min(0).max(1).default(0.5).describe("Probability that they are applied."),
  }),
  create({ prob }, { node, nest, fail }: Builder<unknown, Transform>): Transform {
    const parts = node.at("transforms").items().map(nest);
    if (parts.some(({ loads }) => loads)) {
      throw fail(`\`${node.path}\`: RandomApply cannot load images`, {
        at: "transforms",
        hint: "Put dict(type='LoadImageFromFile') first in the pipeline",
      });
    }
    const transforms = inSequence(parts);
    return {
      // Drawn first, as in mmcv; where they are left out, they draw nothing.
      plan: (size, random) => (random.next() < prob ? transforms.plan(size, random) : []),
    };
  },
});
