import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Transform } from "./transform.ts";

/** Does nothing, and says so: images are arrays in BGR throughout. */
export const NumpyToPIL = component({
  schema: z.strictObject({
    to_rgb: z.boolean().default(false).describe("Has no effect: what needs RGB takes it from BGR."),
  }),
  create: (): Transform => ({
    notes: ["NumpyToPIL does nothing: images are arrays in BGR throughout. Remove it"],
    plan: () => [],
  }),
});
