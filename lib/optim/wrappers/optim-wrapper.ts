import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { clipGradSchema } from "#lib/optim/clip.ts";
import { optimizers } from "#lib/optim/optimizers/index.ts";
import type { OptimizerWrapper } from "#lib/optim/types.ts";

/** The keys that all wrappers share. */
export const wrapperFields = {
  optimizer: dictionary.describe("dict(type='SGD', lr=...)"),
  clip_grad: clipGradSchema.nullable().default(null).describe("Clip gradients before the update"),
  accumulative_counts: z.literal(1).default(1).describe("Only 1: no gradient accumulation"),
  paramwise_cfg: z.null().default(null).describe("Not supported yet"),
};

/** Clips the gradients of a step, then updates, in single precision. */
export const OptimWrapper = component({
  schema: z.strictObject({
    type: z.literal("OptimWrapper").default("OptimWrapper").describe("OptimWrapper: float32; or AmpOptimWrapper"),
    ...wrapperFields,
  }),
  create({ clip_grad }, { build }): OptimizerWrapper {
    return { optimizer: build(optimizers, "optimizer", undefined), clip: clip_grad ?? undefined, precision: "float32" };
  },
});
