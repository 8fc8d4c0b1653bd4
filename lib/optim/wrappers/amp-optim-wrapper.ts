import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { optimizers } from "#lib/optim/optimizers/index.ts";
import type { OptimizerWrapper } from "#lib/optim/types.ts";
import { wrapperFields } from "./optim-wrapper.ts";

const schema = z.strictObject({
  type: z.literal("AmpOptimWrapper").describe("AmpOptimWrapper: mixed precision"),
  ...wrapperFields,
  dtype: z.literal("bfloat16").describe("Only 'bfloat16'; float16, mmengine's default on GPUs, is not supported yet"),
  loss_scale: ignored(
    "bfloat16 has the range of float32",
    z.union([z.number(), z.literal("dynamic"), z.record(z.string(), z.unknown())]).default("dynamic"),
  ),
  use_fsdp: z.literal(false).default(false).describe("Only False"),
});

/**
 * Automatic mixed precision as mmengine's: forward and backward in bfloat16, weights, statistics and the update in
 * float32 (Micikevicius et al. 2018; Kalamkar et al. 2019 for bfloat16, which needs no scaling of the loss).
 */
export const AmpOptimWrapper = component({
  schema,
  create({ clip_grad }, { build }): OptimizerWrapper {
    return {
      optimizer: build(optimizers, "optimizer", undefined),
      clip: clip_grad ?? undefined,
      precision: "bfloat16",
    };
  },
});
