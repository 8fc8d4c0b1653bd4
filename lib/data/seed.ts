import { z } from "zod";
import { ignored } from "#lib/config/component/ignored.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";

const randomnessSchema = z.strictObject({
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().default(null).describe("Seed; None: 0"),
  diff_rank_seed: ignored("streams are keyed by sample, whatever the rank", z.boolean().default(false)),
  deterministic: ignored("training is always deterministic", z.boolean().default(true)),
});

/** `randomness.seed`, 0 where the config does not say: it decides order, augmentation and start weights. */
export function seedOf(config: ResolvedConfig): number {
  return configNode(config).find("randomness")?.parse(randomnessSchema).seed ?? 0;
}
