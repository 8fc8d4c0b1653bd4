import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import type { Transform } from "./transform.ts";

/** Ends a pipeline: the sample goes into a batch as it is. The keys are accepted for old configs. */
export const PackInputs = component({
  schema: z.strictObject({
    input_key: z.literal("img").default("img").describe("What is packed: always the image."),
    algorithm_keys: ignored("labels always come along", z.array(z.string()).default([])),
    meta_keys: ignored("ids and labels always come along", z.array(z.string()).default([])),
  }),
  create(_config): Transform {
    return { plan: () => [] };
  },
});
