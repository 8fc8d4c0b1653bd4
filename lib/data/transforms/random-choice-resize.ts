import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import { component } from "#lib/config/component/component.ts";
import { keepRatioSize } from "#lib/data/geometry.ts";
import { chosenResizeKeys, edge, edges, knownResizeMethod, resizeMethod, widthHeight } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** Resizes to one of several sizes, all equally likely. */
export const RandomChoiceResize = component({
  schema: z
    .strictObject({
      scales: z
        .union([edge, z.array(edges).nonempty()])
        .describe("The sizes: a list of edges of squares, or of (width, height)."),
      ...chosenResizeKeys,
    })
    .refine(...knownResizeMethod),
  create(config): Transform {
    const method = resizeMethod(config);
    const sizes = [config.scales].flat(1).map(widthHeight);
    return {
      plan(image, random) {
        const size = defined(sizes[random.integer(0, sizes.length - 1)], "a size");
        const target = config.keep_ratio ? keepRatioSize(image, [size.width, size.height]) : size;
        return [{ kind: "resize", size: target, method }];
      },
    };
  },
});
