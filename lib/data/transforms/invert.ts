import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { invert } from "#lib/data/photometry/tables.ts";
import { signedKeys, sometimes } from "./augmentation.ts";
import type { Transform } from "./transform.ts";

/** Makes a negative. */
export const Invert = component({
  schema: z.strictObject(signedKeys),
  create: (config): Transform => sometimes(config, () => ({ kind: "lookup", lookup: invert() })),
});
