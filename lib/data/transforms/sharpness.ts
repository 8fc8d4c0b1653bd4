import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { sharpness } from "#lib/data/photometry/sharpness.ts";
import { oneMagnitude, signedKeys, withMagnitude } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Smooths or sharpens the image. */
export const Sharpness = component({
  schema: z
    .strictObject({
      magnitude: z.number().nullable().default(null).describe("0 changes nothing; below it the image is smoother."),
      ...signedKeys,
    })
    .refine(...oneMagnitude("magnitude")),
  create: (config): Transform =>
    withMagnitude(config, config.magnitude, (magnitude) => ({
      kind: "pixels",
      run: (image) => sharpness(image, 1 + magnitude),
    })),
});
