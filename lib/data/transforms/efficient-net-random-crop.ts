import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { efficientNetRandomBox, wholePixels } from "#lib/data/geometry.ts";
import { bicubicKeys, edge, knownResizeMethod, positiveRange, resizeMethod } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** EfficientNet's training crop: random area and aspect ratio, resized to a square of `scale`. */
export const EfficientNetRandomCrop = component({
  schema: z
    .strictObject({
      scale: edge.describe("Edge of the result."),
      min_covered: z.number().nonnegative().default(0.1).describe("Least share of the area that a crop covers."),
      crop_padding: z.int().nonnegative().default(32).describe("Margin of the fallback, in pixels of the result."),
      crop_ratio_range: positiveRange.default([0.08, 1]).describe("Least and greatest share of the area."),
      aspect_ratio_range: positiveRange.default([3 / 4, 4 / 3]).describe("Least and greatest width / height."),
      max_attempts: z.int().nonnegative().default(10).describe("Draws before the centred fallback."),
      ...bicubicKeys,
    })
    .refine(...knownResizeMethod),
  create(config): Transform {
    const method = resizeMethod(config);
    const size = { height: config.scale, width: config.scale };
    const options = {
      areaRange: config.crop_ratio_range,
      aspectRange: config.aspect_ratio_range,
      maxAttempts: config.max_attempts,
      minCovered: config.min_covered,
      scale: config.scale,
      cropPadding: config.crop_padding,
    };
    return {
      plan: (image, random) => [
        { kind: "crop", box: wholePixels(efficientNetRandomBox(image, options, random)) },
        { kind: "resize", size, method },
      ],
    };
  },
});
