import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { efficientNetCenterBox, wholePixels } from "#lib/data/geometry.ts";
import { bicubicKeys, edge, knownResizeMethod, resizeMethod } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** EfficientNet's test crop: a centred square with some margin, resized to `crop_size`. */
export const EfficientNetCenterCrop = component({
  schema: z
    .strictObject({
      crop_size: edge.describe("Edge of the result."),
      crop_padding: z
        .int()
        .nonnegative()
        .default(32)
        .describe("Margin on both sides together, in pixels of the result."),
      ...bicubicKeys,
    })
    .refine(...knownResizeMethod),
  create(config): Transform {
    const method = resizeMethod(config);
    const size = { height: config.crop_size, width: config.crop_size };
    return {
      plan(image) {
        const box = wholePixels(efficientNetCenterBox(image, config.crop_size, config.crop_padding));
        return [
          { kind: "crop", box },
          { kind: "resize", size, method },
        ];
      },
    };
  },
});
