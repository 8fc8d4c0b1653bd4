import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { contrast } from "#lib/data/photometry/blend.ts";
import { lookUp } from "#lib/data/photometry/lookup.ts";
import { oneMagnitude, signedKeys, withMagnitude } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Makes the image greyer as a whole, or its contrast stronger. */
export const Contrast = component({
  schema: z
    .strictObject({
      magnitude: z.number().nullable().default(null).describe("0 changes nothing; below it the image is greyer."),
      ...signedKeys,
    })
    .refine(...oneMagnitude("magnitude")),
  create: (config): Transform =>
    withMagnitude(config, config.magnitude, (magnitude) => ({
      kind: "pixels",
      run: (image) => lookUp(image, contrast(image, 1 + magnitude, "cv2")),
    })),
});
