import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { augmentationKeys, EXTRAPOLATES } from "./augmentation.ts";
import { checkHparams, dictOf, hparams, policyNodes, withHparams } from "./hparams.ts";
import { compat } from "./keys.ts";
import { nested } from "./nested.ts";
import { RAND_AUGMENT_POLICIES } from "./policies.ts";
import { inSequence, notesOf } from "./transform.ts";
import type { Transform } from "./transform.ts";

/** Policies for one image at most. */
const MAX_POLICIES = 100;

/**
 * Applies some transforms, drawn anew for each image, at one strength (Cubuk et al., "RandAugment: practical automated
 * data augmentation with a reduced search space").
 */
export const RandAugment = component({
  schema: z.strictObject({
    policies: z
      .union([z.enum(["timm_increasing", "simple_increasing"]), z.array(dictionary).nonempty()])
      .describe("Transforms to draw from: a list of them, or the name of a published one."),
    num_policies: z.int().positive().max(MAX_POLICIES).describe("How many are drawn; one can be drawn twice."),
    magnitude_level: z.number().nonnegative().describe("How strong, from 0 to total_level."),
    magnitude_std: augmentationKeys.magnitude_std,
    total_level: augmentationKeys.total_level,
    hparams,
    compat: compat(`${EXTRAPOLATES}; policies are as mmpretrain has them, too`),
  }),
  create(config, builder: Builder<unknown, Transform>): Transform {
    const { magnitude_level, magnitude_std, total_level } = config;
    const level = { magnitude_level, magnitude_std, total_level };
    const given = config.compat ? { compat: true, ...config.hparams } : config.hparams;
    const policies = policyNodes(builder.node.at("policies"), RAND_AUGMENT_POLICIES);
    checkHparams(policies, config.hparams, builder);
    const transforms = policies.map((policy) => {
      const merged = withHparams(policy, given, builder);
      const { magnitude_key: _, ...keys }: ConfigDict = dictOf(merged);
      return nested(merged.with("magnitude_range" in keys ? { ...keys, ...level } : keys), builder);
    });
    const last = transforms.length - 1;
    return {
      notes: [...notesOf(transforms), ...(magnitude_level > total_level && !config.compat ? [heldNote(level)] : [])],
      plan(size, random) {
        // All are drawn before the first is planned, as upstream.
        const drawn = Array.from({ length: config.num_policies }, () => random.integer(0, last));
        return inSequence(drawn.map((index) => defined(transforms[index], "a policy"))).plan(size, random);
      },
    };
  },
});

function heldNote({ magnitude_level, total_level }: { magnitude_level: number; total_level: number }): string {
  return `RandAugment: magnitude_level ${magnitude_level} is above total_level ${total_level}, and held at it; compat=True goes beyond, as mmpretrain does`;
}
