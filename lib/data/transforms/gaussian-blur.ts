import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { gaussianBlur } from "#lib/data/photometry/gaussian-blur.ts";
import { MAX_EDGE_PX } from "#lib/data/size-limit.ts";
import { augmentationKeys, oneMagnitude, withMagnitude } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Blurs the image as Pillow does. */
export const GaussianBlur = component({
  schema: z
    .strictObject({
      radius: z.number().nonnegative().max(MAX_EDGE_PX).nullable().default(null).describe("The deviation, in pixels."),
      ...augmentationKeys,
    })
    .refine(...oneMagnitude("radius")),
  create: (config): Transform =>
    withMagnitude(config, config.radius, (radius) => ({
      kind: "pixels",
      run: (image) => gaussianBlur(image, Math.min(Math.max(radius, 0), MAX_EDGE_PX)),
    })),
});
