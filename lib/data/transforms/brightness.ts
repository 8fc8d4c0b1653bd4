import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { brightness } from "#lib/data/photometry/blend.ts";
import { oneMagnitude, signedKeys, withMagnitude } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Makes the image darker or brighter. */
export const Brightness = component({
  schema: z
    .strictObject({
      magnitude: z.number().nullable().default(null).describe("0 changes nothing; below it the image is darker."),
      ...signedKeys,
    })
    .refine(...oneMagnitude("magnitude")),
  create: (config): Transform =>
    withMagnitude(config, config.magnitude, (magnitude) => ({
      kind: "lookup",
      lookup: brightness(1 + magnitude, "cv2"),
    })),
});
