import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import type { Transform } from "./transform.ts";

/** Does nothing, and says so: images are arrays in BGR throughout. */
export const NumpyToPIL = component({
  schema: z.strictObject({
    to_rgb: ignored("images stay BGR", z.boolean().default(false)),
  }),
  create: (): Transform => ({
    notes: ["NumpyToPIL does nothing: images are arrays in BGR throughout. Remove it"],
    plan: () => [],
  }),
});
