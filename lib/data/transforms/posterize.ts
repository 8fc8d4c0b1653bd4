import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { posterize } from "#lib/data/photometry/tables.ts";
import { augmentationKeys, EXTRAPOLATES, oneMagnitude, withMagnitude } from "./augmentation.ts";
import { compat } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** Keeps the uppermost bits of each value. */
export const Posterize = component({
  schema: z
    .strictObject({
      bits: z.int().max(8).nonnegative().nullable().default(null).describe("How many, 1 to 8."),
      ...augmentationKeys,
      compat: compat(`no bit may be left, which makes the image black, and ${EXTRAPOLATES}`),
    })
    .refine(...oneMagnitude("bits")),
  create(config): Transform {
    const least = config.compat ? 0 : 1;
    return withMagnitude(config, config.bits, (bits) => ({
      kind: "lookup",
      lookup: posterize(Math.max(Math.ceil(bits), least)),
    }));
  },
});
