import { z } from "zod";
import { component } from "#lib/config/component.ts";
import type { Transform } from "../types.ts";
import { imageOf } from "./context.ts";

/** Ends a pipeline: the sample goes into a batch as it is. The keys are accepted for old configs. */
export const PackInputs = component({
  schema: z.strictObject({
    input_key: z.literal("img").default("img").describe("What is packed: always the image."),
    algorithm_keys: z.array(z.string()).default([]).describe("Without effect."),
    meta_keys: z.array(z.string()).default([]).describe("Without effect: ids and labels always come along."),
  }),
  create(_config): Transform {
    return (sample) => ({ ...sample, image: imageOf(sample) });
  },
});
