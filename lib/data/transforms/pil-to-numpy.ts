import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import type { Transform } from "./transform.ts";

/** Does nothing, and says so: images are arrays in BGR throughout. */
export const PILToNumpy = component({
  schema: z.strictObject({
    to_bgr: ignored("images are BGR", z.boolean().default(false)),
    dtype: ignored("pixels are uint8", z.literal("uint8").nullable().default(null)),
  }),
  create: (): Transform => ({
    notes: ["PILToNumpy does nothing: images are arrays in BGR throughout. Remove it"],
    plan: () => [],
  }),
});
