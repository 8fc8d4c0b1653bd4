import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import { randomStream } from "#lib/base/random.ts";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Feed, Runner, TensorFunction } from "#lib/engine/program.ts";
import { backbones } from "#lib/nn/backbones/index.ts";
import { fromPyTorch } from "#lib/nn/layout.ts";
import { sizeOf } from "#lib/nn/parameters.ts";
import type { Backbone, Mode, ParameterSpec, Weights } from "#lib/nn/types.ts";
import { build } from "./build.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";
import { close, largestDifference } from "./close.ts";
import { ways } from "./ways.ts";

type Tensors = ReadonlyMap<string, Tensor>;

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
    const engine = await loadEngine();
    for (const [name, value] of Object.entries(data as Record<string, Case | string>)) {
      if (typeof value === "string") continue;
      const known = backboneOf(name);
      if (!known) yield { name, status: "skipped", why: "no backbone of this kind yet" };
      else yield* checkCase(name, { ...known, truth: value, engine });
    }
  },
};

interface Checked {
  readonly type: string;
  readonly extra: Record<string, unknown>;
  readonly truth: Case;
  readonly engine: Engine;
}

function* checkCase(name: string, { type, extra, truth, engine }: Checked): Generator<GoldenResult> {
  // The upstream default zero_init_residual changes only start values, which the case overwrites.
  const backbone = build(backbones, { type, ...extra, ...truth.kwargs, out_indices: [0, 1, 2, 3] }, undefined);
  if (!backbone) return;
  const parameters = backbone.layers.flatMap((layer) => layer.parameters);
  const ours = parameters.map((spec) => [spec.name.replace(/^backbone\./, ""), spec.shape]);
  yield equal(`${name} state_dict keys`, truth.keys, ours);
  const weights = formulaWeights(parameters);
  for (const pass of ["eval", "train"] as const) {
    let perturbed: readonly PassNumbers[] | undefined;
    let sound: PassNumbers | undefined;
    for (const { named, open } of ways(engine)) {
      const numbers = (of: Tensors): PassNumbers => numbersOf(backbone, { pass, truth, runner: open(), weights: of });
      const result = numbers(weights);
      // Op by op, which comes first: rounding moves a number as far in both ways.
      sound ??= result;
      perturbed ??= pass === "train" ? perturbations(weights, numbers) : [];
      yield equal(named(`${name} ${pass} stage shapes`), truth[pass].stage_shapes, result.shapes);
      for (const [key, expected] of Object.entries(expectations(truth, pass))) {
        yield compare(named(`${name} ${pass} ${key}`), { key, expected, got: result, sound, perturbed });
      }
    }
  }
  tf.dispose([...weights.values()]);
}

/** For the k-th entry and flat index i: s = sin(0.7 i + 1.3 k + 0.5), scaled by what the entry is. */
function formulaWeights(parameters: readonly ParameterSpec[]): Tensors {
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

/** sin(0.11 flat) in NCHW order. */
function imagesOf(count: number, channels: number, size: number): Feed {
  const values = Float32Array.from({ length: count * channels * size * size }, (_, flat) => Math.sin(0.11 * flat));
  return { type: "float32", shape: [count, channels, size, size], values };
}

/** Everything the file states of a pass, flat: name -> number or array of numbers. */
function expectations(truth: Case, pass: "eval" | "train"): Record<string, unknown> {
  const { loss, gap_last, stage_sum, stage_abs, grad_l2 } = truth[pass];
  const gradients = Object.entries(grad_l2).map(([key, value]) => [`gradient norm of ${key}`, value] as const);
  const running = pass === "train" ? Object.entries(truth.after_train_running) : [];
  const entries: (readonly [string, unknown])[] = [...gradients, ...running];
  return { loss, gap_last, stage_sum, stage_abs, ...Object.fromEntries(entries) };
}

interface PassNumbers {
  readonly shapes: readonly (readonly (number | undefined)[])[];
  /** The same names as `expectations`. */
  readonly values: Readonly<Record<string, unknown>>;
}

interface PassInput {
  readonly pass: "eval" | "train";
  readonly truth: Case;
  readonly weights: Tensors;
  readonly runner: Runner;
}

function numbersOf(backbone: Backbone, { pass, truth, weights, runner: opened }: PassInput): PassNumbers {
  using runner = opened;
  for (const [name, tensor] of weights) tf.tidy(() => runner.variables.set(name, tensor.clone()));
  const shapes: (number | undefined)[][] = [];
  using results = runner.run(passOf(backbone, { pass, shapes }), { images: imagesOf(2, 3, 32) });
  const ofStages = (key: string): number[] =>
    backbone.outputs.map((_, stage) => results.read(`${key} ${stage}`)[0] ?? NaN);
  const values = Object.entries(expectations(truth, pass)).map(([key, expected]): [string, unknown] => {
    if (key.startsWith("stage_")) return [key, ofStages(key)];
    const all = results.read(key);
    const isRunning = key in truth.after_train_running; // of which the file keeps the first channels
    return [key, isRunning ? all.slice(0, (expected as unknown[]).length) : all];
  });
  return { shapes, values: Object.fromEntries(values) };
}

/** Forward and backward of the mean of squares, by the names of `expectations`; and the shapes of the stages. */
function passOf(
  backbone: Backbone,
  { pass, shapes }: { readonly pass: "eval" | "train"; readonly shapes: (number | undefined)[][] },
): TensorFunction {
  const specs = backbone.layers.flatMap((layer) => layer.parameters).filter((spec) => spec.kind === "parameter");
  return (variables, { images }) => {
    const mode: Mode = { training: pass === "train", statistics: [] };
    const outputs: Record<string, Tensor> = {};
    const lossAndGradients = tf.valueAndGrads((...parameters: Tensor[]) => {
      const own = new Map(specs.map((spec, index) => [spec.name, defined(parameters[index], spec.name)]));
      const weights: Weights = { get: (name) => own.get(name) ?? variables.get(name) };
      let features: Tensor = tf.transpose(defined(images, "images"), [0, 2, 3, 1]);
      backbone.layers.forEach((layer, index) => {
        features = layer.forward(weights, features, mode);
        const stage = backbone.outputs.indexOf(index);
        if (stage < 0) return;
        const [n, h, w, c] = features.shape;
        shapes.push([n, c, h, w]);
        outputs[`stage_sum ${stage}`] = tf.keep(tf.sum(features));
        outputs[`stage_abs ${stage}`] = tf.keep(tf.sum(tf.abs(features)));
        outputs["gap_last"] = tf.keep(tf.mean(features, [1, 2]));
      });
      return tf.mean(tf.square(tf.mean(features, [1, 2])));
    });
    const { value, grads } = lossAndGradients(specs.map((spec) => variables.get(spec.name)));
    for (const [index, spec] of specs.entries()) {
      const norm = tf.sqrt(tf.sum(tf.square(defined(grads[index], spec.name))));
      outputs[`gradient norm of ${spec.name.replace(/^backbone\./, "")}`] = norm;
    }
    for (const { layer, mean, variance } of mode.statistics) {
      for (const [suffix, batch] of [
        ["running_mean", mean],
        ["running_var", variance],
      ] as const) {
        const running = variables.get(`${layer}.${suffix}`).mul(0.9).add(batch.mul(0.1));
        outputs[`${layer.replace(/^backbone\./, "")}.${suffix}`] = running;
      }
    }
    return { ...outputs, loss: value };
  };
}

/** The same with weights that are changed by a rounding error. */
function perturbations(weights: Tensors, numbers: (of: Tensors) => PassNumbers): PassNumbers[] {
  return Array.from({ length: PERTURBED_RUNS }, (_, run) => {
    const random = randomStream(run);
    const changed = new Map(
      [...weights].map(([name, tensor]) => {
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
    const result = numbers(changed);
    tf.dispose([...changed.values()]);
    return result;
  });
}

interface Comparison {
  readonly key: string;
  readonly expected: unknown;
  readonly got: PassNumbers;
  /** What the perturbed runs are compared with. */
  readonly sound: PassNumbers;
  readonly perturbed: readonly PassNumbers[];
}

function compare(name: string, { key, expected, got, sound, perturbed }: Comparison): GoldenResult {
  const sensitivity = perturbed.map(({ values }) => largestDifference(sound.values[key], values[key]));
  const spread = Math.max(0, ...sensitivity);
  if (spread > ILL_CONDITIONED) {
    const percent = Math.round(spread * 100);
    return { name, status: "skipped", why: `one float32 rounding error of the weights changes it by ${percent} %` };
  }
  const relative = Math.max(RELATIVE_TOLERANCE, ROUNDING_MARGIN * spread);
  return close(name, { expected, got: got.values[key], relative });
}

function equal(name: string, expected: unknown, got: unknown): GoldenResult {
  const [wanted, have] = [JSON.stringify(expected), JSON.stringify(got)];
  return wanted === have ? { name, status: "passed" } : { name, status: "failed", expected: wanted, got: have };
}
