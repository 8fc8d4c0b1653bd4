import { z } from "zod";
import { configNode, parseNode } from "../config/build.ts";
import type { ResolvedConfig } from "../config/component.ts";

const randomnessSchema = z.strictObject({
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().default(null).describe("Seed; None: 0"),
  diff_rank_seed: z.boolean().default(false).describe("Accepted; streams are keyed by sample, whatever the rank"),
  deterministic: z.boolean().default(true).describe("Accepted; training is always deterministic"),
});

/** `randomness.seed`, 0 where the config does not say: it decides order, augmentation and start weights. */
export function seedOf(config: ResolvedConfig): number {
  const value = config.value["randomness"];
  if (value === undefined || value === null) return 0;
  return parseNode(randomnessSchema, configNode(config, "randomness")).seed ?? 0;
}
