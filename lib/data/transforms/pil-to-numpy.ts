import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Transform } from "./transform.ts";

/** Does nothing, and says so: images are arrays in BGR throughout. */
export const PILToNumpy = component({
  schema: z.strictObject({
    to_bgr: z.boolean().default(false).describe("Has no effect: images are BGR."),
    dtype: z.literal("uint8").nullable().default(null).describe("Has no effect: pixels are uint8."),
  }),
  create: (): Transform => ({
    notes: ["PILToNumpy does nothing: images are arrays in BGR throughout. Remove it"],
    plan: () => [],
  }),
});
