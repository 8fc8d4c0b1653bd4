import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { saturation } from "#lib/data/photometry/blend.ts";
import { oneMagnitude, signedKeys, withMagnitude } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Takes colour away, or makes it stronger. */
export const ColorTransform = component({
  schema: z
    .strictObject({
      magnitude: z.number().nullable().default(null).describe("0 changes nothing; below it the image is greyer."),
      ...signedKeys,
    })
    .refine(...oneMagnitude("magnitude")),
  create: (config): Transform =>
    withMagnitude(config, config.magnitude, (magnitude) => ({
      kind: "pixels",
      run: (image) => saturation(image, 1 + magnitude, "cv2"),
    })),
});
