import { defined } from "#lib/base/assert.ts";
import { backbones } from "#lib/nn/backbones/index.ts";
import { sizeOf, trainedParameters } from "#lib/nn/parameters.ts";
import type { ParameterSpec } from "#lib/nn/types.ts";
import { build } from "./build.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

interface Case {
  readonly n_keys: number;
  readonly params: number;
  readonly keys: readonly (readonly [string, readonly number[]])[];
  /** By frozen_stages: what then trains, and how many batch normalisations use running statistics. */
  readonly frozen?: Readonly<Record<string, FrozenCase>>;
}

interface FrozenCase {
  readonly trainable: number;
  readonly bn_eval: number;
  readonly first_trainable: string | null;
}

/** Case names are the backbone's type and depth: `resnet101`, `resnetv1d50`. */
const NAME = /^(resnet|resnetv1c|resnetv1d)(18|34|50|101|152)$/;
const TYPES: Readonly<Record<string, string>> = { resnet: "ResNet", resnetv1c: "ResNetV1c", resnetv1d: "ResNetV1d" };

export const stateDictsChecker: GoldenChecker = {
  file: "state_dicts.json",
  *check(data) {
    for (const [name, value] of Object.entries(data as Record<string, unknown>)) {
      if (typeof value !== "object" || value === null) continue;
      const match = NAME.exec(name);
      if (match)
        yield* checkStateDict(name, TYPES[match[1] ?? ""] ?? "", { depth: Number(match[2]), truth: value as Case });
      else yield { name, status: "skipped", why: "no backbone of this kind yet" };
    }
  },
};

function parametersOf(type: string, kwargs: Readonly<Record<string, unknown>>): readonly ParameterSpec[] {
  return build(backbones, { type, ...kwargs }, undefined)?.layers.flatMap((layer) => layer.parameters) ?? [];
}

function* checkStateDict(
  name: string,
  type: string,
  { depth, truth }: { readonly depth: number; readonly truth: Case },
): Generator<GoldenResult> {
  const specs = parametersOf(type, { depth });
  const ours = specs.map((spec) => [spec.name, spec.shape]);
  const theirs = truth.keys.filter(([key]) => key.startsWith("backbone."));
  yield result(`${name} names and shapes`, theirs, ours);
  const head = truth.keys.filter(([key]) => key.startsWith("head."));
  const headSize = head.reduce((sum, [, shape]) => sum + shape.reduce((product, length) => product * length, 1), 0);
  const count = specs.filter((spec) => spec.kind === "parameter").reduce((sum, spec) => sum + sizeOf(spec), 0);
  yield result(`${name} parameter count`, truth.params, count + headSize);
  if (truth.frozen) yield* checkFrozen(name, depth, truth.frozen);
}

function* checkFrozen(
  name: string,
  depth: number,
  truth: Readonly<Record<string, FrozenCase>>,
): Generator<GoldenResult> {
  for (const [stages, expected] of Object.entries(truth)) {
    const config = { type: "ResNet", depth, frozen_stages: Number(stages) };
    const { layers } = defined(build(backbones, config, undefined), "ResNet");
    const specs = layers.flatMap((layer) => layer.parameters);
    const trainable = trainedParameters(specs);
    const evaluating = layers.filter((layer) => layer.frozen).flatMap((layer) => layer.parameters);
    yield result(`${name} frozen_stages=${stages}`, expected, {
      trainable: trainable.reduce((sum, spec) => sum + sizeOf(spec), 0),
      bn_eval: evaluating.filter((spec) => spec.kind === "counter").length,
      first_trainable: trainable[0]?.name.replace(/^backbone\./, "") ?? null,
    });
  }
}

function result(name: string, expected: unknown, got: unknown): GoldenResult {
  const [wanted, have] = [JSON.stringify(expected), JSON.stringify(got)];
  if (wanted === have) return { name, status: "passed" };
  return { name, status: "failed", expected: wanted.slice(0, 400), got: have.slice(0, 400) };
}
