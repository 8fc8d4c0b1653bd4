import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { inverse, rotation } from "#lib/data/warp/affine.ts";
import { EXTRAPOLATES, oneMagnitude, signedKeys, withMagnitude } from "./augmentation.ts";
import { channelsOf, compat, warpKeys } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** Turns the image about a point; its size stays. */
export const Rotate = component({
  schema: z
    .strictObject({
      angle: z.number().nullable().default(null).describe("Degrees, clockwise."),
      center: z
        .tuple([z.number(), z.number()])
        .nullable()
        .default(null)
        .describe("(x, y) in pixels; by default the middle."),
      scale: z.number().positive().default(1).describe("What the image is enlarged by as well."),
      ...warpKeys("nearest"),
      ...signedKeys,
      compat: compat(`a single pad_val fills the first channel only, and ${EXTRAPOLATES}`),
    })
    .refine(...oneMagnitude("angle")),
  create(config): Transform {
    const { center, interpolation } = config;
    const colour = channelsOf(config.pad_val, config.compat);
    return withMagnitude(config, config.angle, (angle, { height, width }) => {
      const about = center ? { x: center[0], y: center[1] } : { x: (width - 1) * 0.5, y: (height - 1) * 0.5 };
      return { kind: "warp", source: inverse(rotation(about, -angle, config.scale)), interpolation, colour };
    });
  },
});
