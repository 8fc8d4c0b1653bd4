import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { randomResizedCropBox } from "#lib/data/geometry.ts";
import { edges, heightWidth, knownResizeMethod, positiveRange, resizeKeys, resizeMethod } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** Crops a random share of the area at a random aspect ratio, and resizes that to `scale`. */
export const RandomResizedCrop = component({
  schema: z
    .strictObject({
      scale: edges.describe("Size of the result: one edge, or (height, width)."),
      crop_ratio_range: positiveRange.default([0.08, 1]).describe("Least and greatest share of the area."),
      aspect_ratio_range: positiveRange.default([3 / 4, 4 / 3]).describe("Least and greatest width / height."),
      max_attempts: z.int().nonnegative().default(10).describe("Draws before the centred fallback."),
      ...resizeKeys,
    })
    .refine(...knownResizeMethod),
  create(config): Transform {
    const size = heightWidth(config.scale);
    const method = resizeMethod(config);
    const options = {
      areaRange: config.crop_ratio_range,
      aspectRange: config.aspect_ratio_range,
      maxAttempts: config.max_attempts,
    };
    return {
      plan: (image, random) => [
        { kind: "crop", box: randomResizedCropBox(image, options, random) },
        { kind: "resize", size, method },
      ],
    };
  },
});
