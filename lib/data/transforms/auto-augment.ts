import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { checkHparams, hparams, policyNodes, withHparams } from "./hparams.ts";
import { compat } from "./keys.ts";
import { nested } from "./nested.ts";
import { AUTO_AUGMENT_POLICIES } from "./policies.ts";
import { inSequence, notesOf } from "./transform.ts";
import type { Transform } from "./transform.ts";

/** Applies one of several short pipelines, all equally likely (Cubuk et al., "AutoAugment: learning augmentation policies from data"). */
export const AutoAugment = component({
  schema: z.strictObject({
    policies: z
      .union([z.enum(["imagenet"]), z.array(z.array(dictionary)).nonempty()])
      .describe("Lists of transforms to choose from, or the name of a published one."),
    hparams,
    compat: compat("hparams have no effect; policies are as mmpretrain has them, too"),
  }),
  create(config, builder: Builder<unknown, Transform>): Transform {
    const given = config.compat ? { compat: true } : config.hparams;
    const policies = policyNodes(builder.node.at("policies"), AUTO_AUGMENT_POLICIES);
    checkHparams(
      policies.flatMap((policy) => policy.items()),
      config.hparams,
      builder,
    );
    const candidates = policies.map((policy) =>
      inSequence(policy.items().map((part) => nested(withHparams(part, given, builder), builder))),
    );
    const last = candidates.length - 1;
    return {
      notes: notesOf(candidates),
      plan: (size, random) => defined(candidates[random.integer(0, last)], "a policy").plan(size, random),
    };
  },
});
