import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inverse, translation } from "#lib/data/warp/affine.ts";
import { oneMagnitude, signedKeys, withMagnitude } from "./augmentation.ts";
import { channelsOf, direction, warpKeys } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** Moves the image by a part of its size. */
export const Translate = component({
  schema: z
    .strictObject({
      magnitude: z.number().nullable().default(null).describe("How far, as a part of the width or height."),
      direction,
      ...warpKeys("nearest"),
      ...signedKeys,
    })
    .refine(...oneMagnitude("magnitude")),
  create(config): Transform {
    const { interpolation } = config;
    const colour = channelsOf(config.pad_val);
    return withMagnitude(config, config.magnitude, (magnitude, { height, width }) => {
      const offset = magnitude * (config.direction === "horizontal" ? width : height);
      return { kind: "warp", source: inverse(translation(offset, config.direction)), interpolation, colour };
    });
  },
});
