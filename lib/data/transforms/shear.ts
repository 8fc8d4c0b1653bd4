import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inverse, shear } from "#lib/data/warp/affine.ts";
import { oneMagnitude, signedKeys, withMagnitude } from "./augmentation.ts";
import { channelsOf, direction, warpKeys } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** Moves each row (or column) further than the one before it. */
export const Shear = component({
  schema: z
    .strictObject({
      magnitude: z.number().nullable().default(null).describe("How far from one row to the next, in pixels."),
      direction,
      ...warpKeys("bicubic"),
      ...signedKeys,
    })
    .refine(...oneMagnitude("magnitude")),
  create(config): Transform {
    const { interpolation } = config;
    const colour = channelsOf(config.pad_val);
    return withMagnitude(config, config.magnitude, (magnitude) => ({
      kind: "warp",
      source: inverse(shear(magnitude, config.direction)),
      interpolation,
      colour,
    }));
  },
});
