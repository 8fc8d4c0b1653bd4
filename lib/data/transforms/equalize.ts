import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { equalize } from "#lib/data/photometry/histogram.ts";
import { lookUp } from "#lib/data/photometry/lookup.ts";
import { signedKeys, sometimes } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Spreads the values of each channel so that all occur about as often. */
export const Equalize = component({
  schema: z.strictObject(signedKeys),
  create: (config): Transform =>
    sometimes(config, () => ({ kind: "pixels", run: (image) => lookUp(image, equalize(image)) })),
});
