import { z } from "zod";

/** `auto_scale_lr`, keys as in mmengine. */
export const autoScaleLrSchema = z.strictObject({
  base_batch_size: z
    .number()
    .int()
    .positive()
    .describe("Samples per update, over all GPUs, that the learning rate was chosen for."),
  enable: z.boolean().default(false).describe("Scale the learning rate; --auto-scale-lr sets it too."),
});
export type AutoScaleLr = z.infer<typeof autoScaleLrSchema>;

export interface BatchShape {
  readonly worldSize: number;
  /** Samples per rank and step. */
  readonly batchSize: number;
}

/** What to multiply every learning rate with: the linear scaling rule (Goyal et al. 2017). Gradient accumulation is left out, as in mmengine. */
export function learningRateFactor({ worldSize, batchSize }: BatchShape, config: AutoScaleLr): number {
  return config.enable ? (worldSize * batchSize) / config.base_batch_size : 1;
}
