import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { solarize } from "#lib/data/photometry/tables.ts";
import { augmentationKeys, oneMagnitude, withMagnitude } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Inverts the values from a threshold on. */
export const Solarize = component({
  schema: z
    .strictObject({
      thr: z.number().nullable().default(null).describe("The least value that is inverted."),
      ...augmentationKeys,
    })
    .refine(...oneMagnitude("thr")),
  create: (config): Transform =>
    withMagnitude(config, config.thr, (threshold) => ({ kind: "lookup", lookup: solarize(threshold) })),
});
