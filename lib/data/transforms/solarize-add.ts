import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { solarizeAdd } from "#lib/data/photometry/tables.ts";
import { augmentationKeys, EXTRAPOLATES, oneMagnitude, withMagnitude } from "./augmentation.ts";
import { compat } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** Adds to the values below a threshold. */
export const SolarizeAdd = component({
  schema: z
    .strictObject({
      magnitude: z.number().nullable().default(null).describe("What is added."),
      thr: z.number().default(128).describe("The values below it are changed."),
      ...augmentationKeys,
      compat: compat(`a whole magnitude wraps modulo 256 where the sum exceeds 255, and ${EXTRAPOLATES}`),
    })
    .refine(...oneMagnitude("magnitude")),
  create(config): Transform {
    const { magnitude, thr } = config;
    const wraps = config.compat && magnitude !== null && Number.isInteger(magnitude);
    return withMagnitude(config, magnitude, (amount) => ({ kind: "lookup", lookup: solarizeAdd(amount, thr, wraps) }));
  },
});
