import type { Builder } from "#lib/config/component/component.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { dictionary, isDict } from "#lib/config/dictionary.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import type { Transform } from "./transform.ts";

type TransformBuilder = Builder<unknown, Transform>;

export const hparams = dictionary
  .default({ pad_val: 128 })
  .describe("Keys for the policies that take them and do not set them: pad_val, interpolation, ...");

/** A policy, with what `hparams` say of the keys that its transform takes and that it does not set itself. */
export function withHparams(policy: ConfigNode, given: ConfigDict, { keysOf }: TransformBuilder): ConfigNode {
  const known = keysOf(policy);
  const taken = Object.entries(given).filter(([key]) => known.includes(key));
  return policy.with({ ...Object.fromEntries(taken), ...dictOf(policy) });
}

export function dictOf(node: ConfigNode): ConfigDict {
  return isDict(node.value) ? node.value : {};
}

/** Refuses a key of `hparams` that no policy takes. Throws CONFIG_UNKNOWN_KEY. */
export function checkHparams(policies: readonly ConfigNode[], given: ConfigDict, builder: TransformBuilder): void {
  const known = new Set(policies.flatMap(builder.keysOf));
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown === undefined || !builder.node.find("hparams")) return;
  throw builder.fail(`\`${builder.node.path}.hparams\` has \`${unknown}\`, which no policy takes`, {
    at: `hparams.${unknown}`,
    hint: "Transforms that warp take pad_val and interpolation",
    code: "CONFIG_UNKNOWN_KEY",
  });
}

/** A list of policies as the config has it, or a published one in its place. */
export function policyNodes<Name extends string>(
  at: ConfigNode,
  published: Readonly<Record<Name, readonly (ConfigDict | readonly ConfigDict[])[]>>,
): ConfigNode[] {
  const { value } = at;
  const named = typeof value === "string" && Object.hasOwn(published, value) ? published[value as Name] : undefined;
  return named ? named.map((policy) => at.with(policy)) : at.items();
}
