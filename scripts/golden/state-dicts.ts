import { backbones } from "#lib/nn/backbones/index.ts";
import type { ParameterSpec } from "#lib/nn/types.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

interface Case {
  readonly n_keys: number;
  readonly params: number;
  readonly keys: readonly (readonly [string, readonly number[]])[];
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
      if (match) yield* checkStateDict(name, TYPES[match[1] ?? ""] ?? "", { depth: Number(match[2]), truth: value as Case });
      else if (/frozen/.test(name)) yield* checkFrozen(name, value);
      else yield { name, status: "skipped", why: "no backbone of this kind yet" };
    }
  },
};

function parametersOf(type: string, kwargs: Readonly<Record<string, unknown>>): readonly ParameterSpec[] {
  const entry = backbones.components[type];
  if (!entry) return [];
  return entry.create(entry.schema.parse(kwargs), undefined).layers.flatMap((layer) => layer.parameters);
}

function sizeOf(spec: ParameterSpec): number {
  return spec.shape.reduce((product, length) => product * length, 1);
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
}

/** `resnet101_frozen`: trainable parameters of the backbone by frozen_stages. */
function* checkFrozen(name: string, value: object): Generator<GoldenResult> {
  for (const [stages, truth] of Object.entries(value)) {
    const specs = parametersOf("ResNet", { depth: 101, frozen_stages: Number(stages) });
    const count = specs.filter((spec) => spec.trainable).reduce((sum, spec) => sum + sizeOf(spec), 0);
    const expected = typeof truth === "number" ? truth : (truth as { trainable?: number }).trainable;
    yield result(`${name} ${stages} trainable`, expected, count);
  }
}

function result(name: string, expected: unknown, got: unknown): GoldenResult {
  const [wanted, have] = [JSON.stringify(expected), JSON.stringify(got)];
  if (wanted === have) return { name, status: "passed" };
  return { name, status: "failed", expected: wanted.slice(0, 400), got: have.slice(0, 400) };
}
