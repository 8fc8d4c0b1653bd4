import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { randomStream } from "#lib/base/random.ts";
import { loadEngine } from "#lib/engine/load.ts";
import { scoped } from "#lib/engine/scope.ts";
import { backbones } from "#lib/nn/backbones/index.ts";
import { fromPyTorch } from "#lib/nn/layout.ts";
import { sizeOf } from "#lib/nn/parameters.ts";
import type { Backbone, Mode, ParameterSpec } from "#lib/nn/types.ts";
import { build } from "./build.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";
import { close, largestDifference } from "./close.ts";

/** The truth is float64 and ours float32 through up to 50 layers: relative to the largest value of each array. */
const RELATIVE_TOLERANCE = 2e-3;

/**
 * Batch normalisation over two 1 x 1 maps (the last stage of these nets in training) divides by differences that can
 * be far smaller than float32's rounding, so some values cannot be had in float32 by anybody. How far is measured:
 * the same pass runs with the weights changed by one rounding error, and the largest change widens the tolerance.
 */
const PERTURBATION = 2 ** -23;
const PERTURBED_RUNS = 6;
const ROUNDING_MARGIN = 10;
/** A value that one rounding error moves by this much is reported as skipped: comparing it would prove nothing. */
const ILL_CONDITIONED = 0.1;

interface Pass {
  readonly gap_last: readonly (readonly number[])[];
  readonly stage_shapes: readonly (readonly number[])[];
  readonly stage_sum: readonly number[];
  readonly stage_abs: readonly number[];
  readonly loss: number;
  readonly grad_l2: Readonly<Record<string, number>>;
}

interface Case {
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly keys: readonly (readonly [string, readonly number[]])[];
  readonly eval: Pass;
  readonly train: Pass;
  readonly after_train_running: Readonly<Record<string, readonly number[]>>;
}

/** Names in the file carry neither the class nor `style`: what each case was built with. */
function backboneOf(name: string): { type: string; extra: Record<string, unknown> } | undefined {
  if (/^resnet\d+(_pytorch)?$/.test(name)) return { type: "ResNet", extra: {} };
  if (/^resnet\d+_caffe$/.test(name)) return { type: "ResNet", extra: { style: "caffe" } };
  if (/^resnet\d+_avgdown$/.test(name)) return { type: "ResNet", extra: { avg_down: true } };
  const variant = /^resnetv1([cd])\d+$/.exec(name)?.[1];
  return variant ? { type: `ResNetV1${variant}`, extra: {} } : undefined;
}

export const tinyForwardChecker: GoldenChecker = {
  file: "tiny_forward.json",
  async *check(data) {
    await loadEngine();
    for (const [name, value] of Object.entries(data as Record<string, Case | string>)) {
      if (typeof value === "string") continue;
      const known = backboneOf(name);
      if (!known) yield { name, status: "skipped", why: "no backbone of this kind yet" };
      else yield* checkCase(name, known, value);
    }
  },
};

function* checkCase(
  name: string,
  { type, extra }: { type: string; extra: Record<string, unknown> },
  truth: Case,
): Generator<GoldenResult> {
  // The upstream default zero_init_residual changes only start values, which the case overwrites.
  const backbone = build(backbones, { type, ...extra, ...truth.kwargs, out_indices: [0, 1, 2, 3] }, undefined);
  if (!backbone) return;
  const parameters = backbone.layers.flatMap((layer) => layer.parameters);
  const ours = parameters.map((spec) => [spec.name.replace(/^backbone\./, ""), spec.shape]);
  yield equal(`${name} state_dict keys`, truth.keys, ours);
  const weights = formulaWeights(parameters);
  const images = tf.tidy(() => imagesOf(2, 3, 32));
  for (const pass of ["eval", "train"] as const) {
    const training = pass === "train";
    const result = numbersOf(backbone, { weights, images, training, truth });
    const perturbed = training ? perturbedRuns(backbone, { weights, images, training, truth }) : [];
    yield equal(`${name} ${pass} stage shapes`, truth[pass].stage_shapes, result.shapes);
    for (const [key, expected] of Object.entries(expectations(truth, pass))) {
      yield compare(`${name} ${pass} ${key}`, { key, expected, result, perturbed });
    }
  }
  tf.dispose([...weights.values()]);
  images.dispose();
}

/** For the k-th entry and flat index i: s = sin(0.7 i + 1.3 k + 0.5), scaled by what the entry is. */
function formulaWeights(parameters: readonly ParameterSpec[]): Map<string, Tensor> {
  return new Map(
    parameters.map((spec, k) => {
      const size = sizeOf(spec);
      const inner = size / (spec.shape[0] ?? 1);
      const values = Float32Array.from({ length: size }, (_, i) => {
        const s = Math.sin(0.7 * i + 1.3 * k + 0.5);
        if (spec.name.endsWith("running_var")) return 1 + 0.5 * s;
        if (spec.name.endsWith("running_mean")) return 0.1 * s;
        if (spec.kind === "counter") return 0;
        if (spec.shape.length === 1) return spec.name.endsWith("weight") ? 1 + 0.2 * s : 0.1 * s;
        return (s * 1.5) / Math.sqrt(inner);
      });
      return [spec.name, fromPyTorch(values, spec)];
    }),
  );
}

/** sin(0.11 flat) in NCHW order, as NHWC. */
function imagesOf(count: number, channels: number, size: number): Tensor4D {
  const values = Float32Array.from({ length: count * channels * size * size }, (_, flat) => Math.sin(0.11 * flat));
  return tf.transpose(tf.tensor4d(values, [count, channels, size, size]), [0, 2, 3, 1]);
}

/** Everything the file states of a pass, flat: name -> number or array of numbers. */
function expectations(truth: Case, pass: "eval" | "train"): Record<string, unknown> {
  const { loss, gap_last, stage_sum, stage_abs, grad_l2 } = truth[pass];
  const gradients = Object.entries(grad_l2).map(([key, value]) => [`gradient norm of ${key}`, value] as const);
  const running = pass === "train" ? Object.entries(truth.after_train_running) : [];
  const entries: (readonly [string, unknown])[] = [...gradients, ...running];
  return { loss, gap_last, stage_sum, stage_abs, ...Object.fromEntries(entries) };
}

interface PassInput {
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly images: Tensor4D;
  readonly training: boolean;
  readonly truth: Case;
}

interface PassNumbers {
  readonly shapes: readonly (readonly (number | undefined)[])[];
  /** The same names as `expectations`. */
  readonly values: Readonly<Record<string, unknown>>;
}

function numbersOf(backbone: Backbone, { weights, images, training, truth }: PassInput): PassNumbers {
  return scoped(() => {
    const stages: Tensor[] = [];
    const mode: Mode = { training, statistics: [] };
    const specs = backbone.layers.flatMap((layer) => layer.parameters).filter((spec) => spec.kind === "parameter");
    const lossAndGradients = tf.valueAndGrads((...parameters: Tensor[]) => {
      const overlay = new Map(weights);
      specs.forEach((spec, index) => overlay.set(spec.name, parameters[index] as Tensor));
      let features: Tensor = images;
      backbone.layers.forEach((layer, index) => {
        features = layer.forward(overlay, features, mode);
        if (backbone.outputs.includes(index)) stages.push(tf.keep(features.clone()));
      });
      return tf.mean(tf.square(tf.mean(features, [1, 2])));
    });
    const { value, grads } = lossAndGradients(specs.map((spec) => weights.get(spec.name) as Tensor));
    const norms = specs.map((spec, index): [string, number] => [
      `gradient norm of ${spec.name.replace(/^backbone\./, "")}`,
      scalarOf(tf.norm(grads[index] as Tensor)),
    ]);
    const numbers: PassNumbers = {
      shapes: stages.map(({ shape: [n, h, w, c] }) => [n, c, h, w]),
      values: {
        loss: scalarOf(value),
        gap_last: tf.mean(stages.at(-1) as Tensor4D, [1, 2]).arraySync(),
        stage_sum: stages.map((stage) => scalarOf(tf.sum(stage))),
        stage_abs: stages.map((stage) => scalarOf(tf.sum(tf.abs(stage)))),
        ...Object.fromEntries(norms),
        ...runningStatistics(truth, weights, mode.statistics),
      },
    };
    tf.dispose([...stages, ...mode.statistics.flatMap(({ mean, variance }) => [mean, variance])]);
    return numbers;
  });
}

/** running = 0.9 running + 0.1 batch, with the unbiased batch variance; the file keeps the first few channels. */
function runningStatistics(
  truth: Case,
  weights: ReadonlyMap<string, Tensor>,
  statistics: Mode["statistics"],
): Record<string, number[]> {
  const entries = Object.entries(truth.after_train_running).map(([key, expected]) => {
    const layer = `backbone.${key.replace(/\.running_(mean|var)$/, "")}`;
    const seen = statistics.find((entry) => entry.layer === layer);
    const batch = key.endsWith("running_mean") ? seen?.mean : seen?.variance;
    const before = weights.get(`backbone.${key}`);
    const after = batch && before ? [...before.mul(0.9).add(batch.mul(0.1)).dataSync()] : [];
    return [key, after.slice(0, expected.length)];
  });
  return Object.fromEntries(entries) as Record<string, number[]>;
}

function perturbedRuns(backbone: Backbone, input: PassInput): PassNumbers[] {
  return Array.from({ length: PERTURBED_RUNS }, (_, run) => {
    const random = randomStream(run);
    const weights = new Map(
      [...input.weights].map(([name, tensor]) => {
        const values = tensor.dataSync<"float32">();
        return [
          name,
          tf.tensor(
            values.map((value) => value * (1 + random.uniform(-1, 1) * PERTURBATION)),
            tensor.shape,
          ),
        ];
      }),
    );
    const numbers = numbersOf(backbone, { ...input, weights });
    tf.dispose([...weights.values()]);
    return numbers;
  });
}

interface Comparison {
  readonly key: string;
  readonly expected: unknown;
  readonly result: PassNumbers;
  readonly perturbed: readonly PassNumbers[];
}

function compare(name: string, { key, expected, result, perturbed }: Comparison): GoldenResult {
  const sensitivity = perturbed.map(({ values }) => largestDifference(result.values[key], values[key]));
  const spread = Math.max(0, ...sensitivity);
  if (spread > ILL_CONDITIONED) {
    const percent = Math.round(spread * 100);
    return { name, status: "skipped", why: `one float32 rounding error of the weights changes it by ${percent} %` };
  }
  const relative = Math.max(RELATIVE_TOLERANCE, ROUNDING_MARGIN * spread);
  return close(name, { expected, got: result.values[key], relative });
}

function scalarOf(tensor: Tensor): number {
  return tensor.dataSync()[0] ?? NaN;
}

function equal(name: string, expected: unknown, got: unknown): GoldenResult {
  const [wanted, have] = [JSON.stringify(expected), JSON.stringify(got)];
  return wanted === have ? { name, status: "passed" } : { name, status: "failed", expected: wanted, got: have };
}
