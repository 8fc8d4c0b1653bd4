import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { autoContrast } from "#lib/data/photometry/histogram.ts";
import { lookUp } from "#lib/data/photometry/lookup.ts";
import { signedKeys, sometimes } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Stretches the values of each channel to the whole range. */
export const AutoContrast = component({
  schema: z.strictObject(signedKeys),
  create: (config): Transform =>
    sometimes(config, () => ({ kind: "pixels", run: (image) => lookUp(image, autoContrast(image)) })),
});
