import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { Random } from "#lib/base/random.ts";
import {
  efficientNetCenterBox,
  efficientNetRandomBox,
  fallbackCropBox,
  randomResizedCropBox,
  resizeEdgeSize,
  roundHalfEven,
  wholePixels,
  type Box,
} from "#lib/data/geometry.ts";
import { preprocess, preprocessors, type FloatImage } from "#lib/data/preprocessor.ts";
import type { Image } from "#lib/data/types.ts";
import { build } from "./build.ts";
import { close } from "./close.ts";
import { noRandom, PIXEL_OPERATIONS } from "./pixel-operations.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

const size = { h: z.int(), w: z.int() };
const pixelCase = z.object({
  ...size,
  kind: z.string(),
  op: z.string(),
  params: z.record(z.string(), z.unknown()),
  out_shape: z.array(z.int()),
  out: z.array(z.number()),
});
const geometryCase = z.looseObject({ op: z.string(), ...size });
const scriptedCase = z.looseObject({
  op: z.string(),
  ...size,
  u: z.array(z.number()),
  r: z.array(z.number()),
  u_used: z.int().optional(),
  out: z.array(z.number()),
});
const preprocessCase = z.looseObject({
  ...size,
  kind: z.string(),
  out: z.array(z.number()),
  out_shape: z.array(z.int()),
});

const transformsFile = z.object({
  cases: z.array(pixelCase).default([]),
  geometry: z.array(geometryCase).default([]),
  scripted_crops: z.object({ cases: z.array(scriptedCase) }).default({ cases: [] }),
  preprocess: z.union([preprocessCase.transform((one) => [one]), z.array(preprocessCase)]).default([]),
  cutmix: z.array(z.unknown()).default([]),
});

const NOT_BUILT = "petage does not have this operation yet";

export const transformsChecker: GoldenChecker = {
  file: "transforms.json",
  *check(data) {
    const file = transformsFile.parse(data);
    for (const one of file.cases) yield attempt(describe(one), () => checkPixels(one));
    for (const one of file.geometry) yield attempt(describe(one), () => checkGeometry(one));
    for (const one of file.scripted_crops.cases) yield attempt(`scripted ${describe(one)}`, () => checkScripted(one));
    for (const one of file.preprocess) yield attempt(`preprocess ${describe(one)}`, () => checkPreprocess(one));
    for (const index of file.cutmix.keys()) yield { name: `cutmix ${index}`, status: "skipped", why: NOT_BUILT };
  },
};

/** Everything that names a case: all but long lists. */
function describe(one: Readonly<Record<string, unknown>>): string {
  const short = Object.entries(one).filter(([key]) => !["op", "out", "out_shape", "u", "r", "u_used"].includes(key));
  return `${typeof one["op"] === "string" ? `${one["op"]} ` : ""}${JSON.stringify(Object.fromEntries(short))}`;
}

type Outcome = { readonly expected: unknown; readonly got: unknown } | { readonly why: string } | GoldenResult;

function attempt(name: string, check: () => Outcome): GoldenResult {
  const outcome = check();
  if ("status" in outcome) return { ...outcome, name };
  if ("why" in outcome) return { name, status: "skipped", why: outcome.why };
  const [expected, got] = [JSON.stringify(outcome.expected), JSON.stringify(outcome.got)];
  if (expected === got) return { name, status: "passed" };
  return { name, status: "failed", expected: expected.slice(0, 200), got: got.slice(0, 200) };
}

/** The images that the golden files are made from, by the formulas in their `_about`. */
export function goldenImage(height: number, width: number, kind: string): Image | undefined {
  const pixel = GENERATORS[kind];
  if (!pixel) return undefined;
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i++) {
    const column = Math.floor(i / 3);
    data[i] = pixel(column % width, Math.floor(column / width), i % 3);
  }
  return { data, height, width, channels: 3 };
}

const GENERATORS: Readonly<Record<string, (x: number, y: number, c: number) => number>> = {
  smooth: (x, y, c) => roundHalfEven(128 + 100 * Math.sin(0.35 * x + 0.5 * c) * Math.cos(0.27 * y - 0.3 * c)),
  noisy: (x, y, c) => (37 * y + 59 * x + 101 * c + 7 * x * y) % 256,
};

function checkPixels(one: z.infer<typeof pixelCase>): Outcome {
  const operation = PIXEL_OPERATIONS[one.op];
  if (!operation) return { why: NOT_BUILT };
  const image = goldenImage(one.h, one.w, one.kind);
  if (!image) return { why: `no formula for images of kind ${one.kind}` };
  const result = operation(image, one.params);
  const shape = [result.height, result.width, result.channels];
  if (shape.join() !== one.out_shape.join()) return { expected: one.out_shape, got: shape };
  const at = one.out.findIndex((value, index) => value !== result.data[index]);
  const around = (values: ArrayLike<number>): unknown => ({ at, values: Array.from(values).slice(at, at + 8) });
  return at < 0 ? { expected: 0, got: 0 } : { expected: around(one.out), got: around(result.data) };
}

const edgeCase = z.object({
  edge: z.enum(["short", "long", "width", "height"]),
  scale: z.int(),
  out_hw: z.array(z.int()),
});
const boxCase = z.object({ off_h_off_w_h_w: z.array(z.number()) });
const centerCase = z.object({ crop_size: z.int(), crop_padding: z.int(), box_xyxy_incl: z.array(z.int()) });
const aspects = z.tuple([z.number(), z.number()]).default([3 / 4, 4 / 3]);

function checkGeometry(one: z.infer<typeof geometryCase>): Outcome {
  const image = { height: one.h, width: one.w };
  switch (one.op) {
    case "ResizeEdge": {
      const { edge, scale, out_hw } = edgeCase.parse(one);
      const result = resizeEdgeSize(image, scale, edge);
      return { expected: out_hw, got: [result.height, result.width] };
    }
    case "RandomResizedCrop.fallback": {
      const { off_h_off_w_h_w } = boxCase.parse(one);
      return {
        expected: off_h_off_w_h_w,
        got: numbers(fallbackCropBox(image, aspects.parse(one["aspect_ratio_range"]))),
      };
    }
    case "EfficientNetRandomCrop.fallback": {
      const { off_h_off_w_h_w } = boxCase.parse(one);
      const { scale, crop_padding } = efficientNetParams.parse(one);
      return { expected: off_h_off_w_h_w, got: numbers(efficientNetCenterBox(image, scale, crop_padding)) };
    }
    case "EfficientNetCenterCrop": {
      const { crop_size, crop_padding, box_xyxy_incl } = centerCase.parse(one);
      const { top, left, height, width } = wholePixels(efficientNetCenterBox(image, crop_size, crop_padding));
      return { expected: box_xyxy_incl, got: [left, top, left + width - 1, top + height - 1] };
    }
    default:
      return { why: NOT_BUILT };
  }
}

function numbers({ top, left, height, width }: Box): number[] {
  return [top, left, height, width];
}

const cropParams = z.object({
  crop_ratio_range: z.tuple([z.number(), z.number()]).default([0.08, 1]),
  aspect_ratio_range: aspects,
  max_attempts: z.int().default(10),
});
const efficientNetParams = z.object({
  min_covered: z.number().default(0.1),
  scale: z.int().default(224),
  crop_padding: z.int().default(32),
});

function checkScripted(one: z.infer<typeof scriptedCase>): Outcome {
  const image = { height: one.h, width: one.w };
  const shared = cropParams.parse(one);
  const options = {
    areaRange: shared.crop_ratio_range,
    aspectRange: shared.aspect_ratio_range,
    maxAttempts: shared.max_attempts,
  };
  const random = scripted(one.u, one.r);
  const expected = { box: one.out, used: one.u_used };
  const outcome = (box: Box): Outcome => ({
    expected,
    got: { box: numbers(box), used: one.u_used === undefined ? undefined : random.used() },
  });
  if (one.op === "RandomResizedCrop") return outcome(randomResizedCropBox(image, options, random));
  if (one.op !== "EfficientNetRandomCrop") return { why: NOT_BUILT };
  const { min_covered: minCovered, scale, crop_padding: cropPadding } = efficientNetParams.parse(one);
  return outcome(efficientNetRandomBox(image, { ...options, minCovered, scale, cropPadding }, random));
}

/** Draws floats from `uniforms` and integers from `integers`, both given in [0, 1). */
function scripted(uniforms: readonly number[], integers: readonly number[]): Random & { used(): number } {
  let nextUniform = 0;
  let nextInteger = 0;
  const next = (): number => defined(uniforms[nextUniform++], "a scripted float");
  return {
    ...noRandom,
    next,
    uniform: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor((high + 1 - low) * defined(integers[nextInteger++], "a scripted integer")),
    used: () => nextUniform,
  };
}

/** The file names no mean and std: they are ImageNet's, in RGB. */
const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], to_rgb: true };

function checkPreprocess(one: z.infer<typeof preprocessCase>): Outcome {
  const { h, w, kind, out, out_shape, ...params } = one;
  const image = goldenImage(h, w, kind);
  if (!image) return { why: `no formula for images of kind ${kind}` };
  const config = { type: "ClsDataPreprocessor", ...IMAGENET, ...params };
  const result = preprocess(image, defined(build(preprocessors, config, undefined), config.type));
  const shape = [result.channels, result.height, result.width];
  if (shape.join() !== out_shape.slice(-3).join()) return { expected: out_shape, got: shape };
  return close("", { expected: out, got: channelsFirst(result), relative: 1e-6 });
}

function channelsFirst({ data, channels, height, width }: FloatImage): number[] {
  const area = height * width;
  return Array.from(data, (_, index) => data[(index % area) * channels + Math.floor(index / area)] ?? 0);
}
