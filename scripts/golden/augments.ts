import { z } from "zod";
import { assert, defined } from "#lib/base/assert.ts";
import { keysOf } from "#lib/config/component/schema-errors.ts";
import { isDict } from "#lib/config/dictionary.ts";
import { applyOperation } from "#lib/data/raster.ts";
import { drawMagnitude } from "#lib/data/transforms/augmentation.ts";
import { transforms } from "#lib/data/transforms/index.ts";
import { RAND_AUGMENT_POLICIES } from "#lib/data/transforms/policies.ts";
import { build, type TypedConfig } from "./build.ts";
import { close } from "./close.ts";
import { drawSchema, scriptedRandom } from "./scripted.ts";
import { goldenImage } from "./transforms.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

const typed = z.looseObject({ type: z.string() });
const transformCase = z.object({
  cfg: typed,
  hw: z.tuple([z.int(), z.int()]),
  img: z.string(),
  script: z.int(),
  draws: z.array(drawSchema).default([]),
  out: z.array(z.number()).optional(),
  out_shape: z.array(z.int()).optional(),
  error: z.string().optional(),
});
const magnitudesCase = z.object({
  policies: z.enum(["timm_increasing", "simple_increasing"]),
  total_level: z.number(),
  levels: z.array(z.number()),
  rows: z.array(
    z.object({
      op: z.string(),
      range: z.tuple([z.number(), z.number()]).optional(),
      direction: z.string().nullish(),
      values: z.array(z.number()).optional(),
    }),
  ),
});
const std = z.union([z.number(), z.literal("inf")]);
const magnitudeStdCase = z.object({
  policy: z.looseObject({ magnitude_range: z.tuple([z.number(), z.number()]) }),
  magnitude_level: z.number(),
  magnitude_std: std,
  total_level: z.number(),
  draws: z.array(z.number()),
  values: z.array(z.number()),
});

const CHECKS: Readonly<Record<string, (name: string, one: unknown) => GoldenResult>> = {
  transform: checkTransform,
  magnitudes: checkMagnitudes,
  magnitude_std: checkMagnitudeStd,
};

export const augmentsChecker: GoldenChecker = { file: "augments2.json", check: checkAugments };
/** Cases of the same form that are petage's own; `make_augments.py`, beside the file, makes them. */
export const moreAugmentsChecker: GoldenChecker = { file: "augments_more.json", check: checkAugments };

/** Pixels are compared bit by bit, and every number that upstream drew must be asked for, in its order and range. */
function* checkAugments(data: unknown): Generator<GoldenResult> {
  const { _about, ...cases } = z.record(z.string(), z.unknown()).parse(data);
  for (const [name, one] of Object.entries(cases)) {
    const { kind } = z.looseObject({ kind: z.string() }).parse(one);
    const check = CHECKS[kind];
    yield check ? guarded(name, () => check(name, one)) : skipped(name, `no checker is known for cases of ${kind}`);
  }
}

function skipped(name: string, why: string): GoldenResult {
  return { name, status: "skipped", why };
}

function guarded(name: string, check: () => GoldenResult): GoldenResult {
  try {
    return check();
  } catch (error) {
    return {
      name,
      status: "failed",
      expected: "no error",
      got: error instanceof Error ? error.message : String(error),
    };
  }
}

function checkTransform(name: string, one: unknown): GoldenResult {
  const { cfg, hw, img, script, draws, out, out_shape: shape } = transformCase.parse(one);
  const image = goldenImage(hw[0], hw[1], img);
  if (!image) return skipped(name, `no formula for images of kind ${img}`);
  // JSON does not tell 110.0 from 110, on which it depends whether a sum wraps.
  const config = name.endsWith("_float") ? cfg : asUpstream(cfg);
  const transform = build(transforms, config, undefined);
  if (!transform) return skipped(name, `petage does not have ${cfg.type}`);
  const random = scriptedRandom(draws, script);
  const result = transform.plan(image, random).reduce(applyOperation, image);
  assert(random.left() === 0, `upstream draws ${random.left()} more numbers`);
  // Upstream raised: that petage does not is all there is to compare.
  if (!out) return { name, status: "passed" };
  const made = [result.height, result.width, result.channels].join();
  const wanted = defined(shape, "a shape")
    .concat(shape?.length === 2 ? [1] : [])
    .join();
  if (made !== wanted) return { name, status: "failed", expected: wanted, got: made };
  return close(name, { expected: out, got: [...result.data], relative: 0 });
}

/** The config with `compat=True` wherever a transform has that key. */
function asUpstream<Config extends TypedConfig>(config: Config): Config {
  const inside = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inside);
    return isTyped(value) ? asUpstream(value) : value;
  };
  const keys = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, inside(value)]));
  const component = Object.entries(transforms.components).find(([type]) => type === config.type)?.[1];
  const known = component ? keysOf(component.schema, []) : [];
  return { ...keys, ...(known.includes("compat") && { compat: true }) } as unknown as Config;
}

function isTyped(value: unknown): value is TypedConfig {
  return isDict(value) && typeof value["type"] === "string";
}

function checkMagnitudes(name: string, one: unknown): GoldenResult {
  const { policies, total_level, levels, rows } = magnitudesCase.parse(one);
  const random = scriptedRandom([], 0);
  const ours = RAND_AUGMENT_POLICIES[policies].map(({ type, magnitude_range, direction }) => {
    const range = z.tuple([z.number(), z.number()]).optional().parse(magnitude_range);
    const values =
      range &&
      levels.map((level) => drawMagnitude({ ...levelOf(level, 0, total_level), magnitude_range: range }, random));
    return { type, range, direction: direction ?? null, values };
  });
  const named = JSON.stringify(rows.map(({ op, range, direction = null }) => [op, range, direction]));
  const got = JSON.stringify(ours.map(({ type, range, direction }) => [type, range, direction]));
  if (named !== got) return { name, status: "failed", expected: named, got };
  return close(name, {
    expected: rows.map(({ values = [] }) => values),
    got: ours.map(({ values = [] }) => values),
    relative: 0,
    absolute: 1e-6,
  });
}

function levelOf(level: number, deviation: number | "inf", total_level: number) {
  return { magnitude_level: level, magnitude_std: deviation, total_level, compat: true };
}

function checkMagnitudeStd(name: string, one: unknown): GoldenResult {
  const { policy, magnitude_level, magnitude_std, total_level, draws, values } = magnitudeStdCase.parse(one);
  const level = { ...levelOf(magnitude_level, magnitude_std, total_level), magnitude_range: policy.magnitude_range };
  const drawn =
    magnitude_std === "inf"
      ? (["uniform", [0, magnitude_level]] as const)
      : (["normal", [magnitude_level, magnitude_std]] as const);
  const got = draws.map((draw) => drawMagnitude(level, scriptedRandom([[drawn[0], [...drawn[1]], draw]], 0)));
  return close(name, { expected: values, got, relative: 1e-6 });
}
