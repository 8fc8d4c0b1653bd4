import type { PetageError } from "#lib/base/errors.ts";
import { buildComponent } from "#lib/config/build.ts";
import type { ConfigNode } from "#lib/config/node.ts";
import type { TransformContext } from "./transforms/context.ts";
import { transforms } from "./transforms/index.ts";
import type { Transform } from "./types.ts";

const FIRST = "LoadImageFromFile";
const LAST = "PackInputs";

/** The transforms of a config's `pipeline`, one after the other. */
export function buildPipeline(node: ConfigNode, context: TransformContext, build = buildComponent): Transform {
  const stages = readStages(node);
  const types = stages.map(({ value }) => typeOf(value));
  if (!types.includes(FIRST)) {
    throw incomplete(node, `has no ${FIRST}`, `Put dict(type='${FIRST}') first`);
  }
  if (types.at(-1) !== LAST) throw incomplete(node, `does not end in ${LAST}`, `Put dict(type='${LAST}') last`);
  return compose(stages.map((stage) => build(transforms, stage, context)));
}

export function compose(stages: readonly Transform[]): Transform {
  return async (sample, random) => {
    let current = sample;
    for (const stage of stages) current = await stage(current, random);
    return current;
  };
}

function readStages(node: ConfigNode): ConfigNode[] {
  if (!Array.isArray(node.value)) throw incomplete(node, "is missing", "Write pipeline=[...], a list of transforms");
  return node.items();
}

/** The component's name without a scope such as `mmpretrain.`. */
function typeOf(value: ConfigNode["value"]): string {
  const type = typeof value === "object" && value !== null && "type" in value ? value["type"] : undefined;
  return typeof type === "string" ? type.slice(type.lastIndexOf(".") + 1) : "";
}

function incomplete(node: ConfigNode, problem: string, hint: string): PetageError {
  return node.fail(`The pipeline \`${node.path}\` ${problem}`, { hint });
}
