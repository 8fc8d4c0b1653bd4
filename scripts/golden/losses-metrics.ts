import { z } from "zod";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Runner } from "#lib/engine/program.ts";
import { accuracyOf } from "#lib/metrics/accuracy.ts";
import { classwiseScores, confusionMatrix, macroScores, microScores } from "#lib/metrics/class-scores.ts";
import type { ClassScores } from "#lib/metrics/class-scores.ts";
import type { Predictions } from "#lib/metrics/types.ts";
import { losses } from "#lib/nn/losses/index.ts";

import { build } from "./build.ts";
import type { TypedConfig } from "./build.ts";
import { evaluateBy } from "./loss-value.ts";
import { near } from "./near.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";
import { ways } from "./ways.ts";

/** float32 against float64. */
const TOLERANCE = { relative: 1e-5, absolute: 1e-6 };

/** What the file's numbers were computed from. */
interface Input {
  readonly scores: readonly (readonly number[])[]; // [N, C]
  readonly labels: readonly number[]; // [N]
  readonly soft: readonly (readonly number[])[]; // [N, C]
}

const numbers = /scores (\d+)x(\d+) = ([\d.]+)\*sin\(([\d.]+)\*flat\).*labels \[([\d, ]+)\]/;

function softmax(row: readonly number[]): number[] {
  const top = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - top));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

function inputOf(about: string): Input | undefined {
  const [, sampleCount, numClasses, height, pitch, labels] = numbers.exec(about) ?? [];
  if (!labels || !about.includes("soft = softmax(cos(flat))")) return undefined;
  const fill = (value: (flat: number) => number): number[][] =>
    Array.from({ length: Number(sampleCount) }, (_row, i) =>
      Array.from({ length: Number(numClasses) }, (_column, j) => value(i * Number(numClasses) + j)),
    );
  return {
    scores: fill((place) => Number(height) * Math.sin(Number(pitch) * place)),
    labels: labels.split(",").map(Number),
    soft: fill(Math.cos).map(softmax),
  };
}

interface LossCase {
  readonly config: TypedConfig;
  /** Which targets; class indices where it is not said. `multi` marks the classes above 0.1. */
  readonly targets?: "soft" | "multi";
  /** How the truth reports the samples: one number, one per sample, or their mean with sample i weighing i. */
  readonly report?: "each" | "weighted";
}

const smooth = { type: "LabelSmoothLoss", label_smooth_val: 0.1 };

/** The file names its cases but not their settings; they are these, found from the numbers. */
const lossCases: Readonly<Record<string, (numClasses: number) => LossCase>> = {
  ce: () => ({ config: { type: "CrossEntropyLoss" } }),
  ce_sum: () => ({ config: { type: "CrossEntropyLoss", reduction: "sum" } }),
  ce_none: () => ({ config: { type: "CrossEntropyLoss" }, report: "each" }),
  ce_w: (numClasses) => {
    const weights = Array.from({ length: numClasses }, (_, index) => 1 + 0.1 * index);
    return { config: { type: "CrossEntropyLoss", class_weight: weights, loss_weight: 2 } };
  },
  ce_weight: () => ({ config: { type: "CrossEntropyLoss" }, report: "weighted" }),
  ce_soft: () => ({ config: { type: "CrossEntropyLoss", use_soft: true }, targets: "soft" }),
  ce_sigmoid: () => ({ config: { type: "CrossEntropyLoss", use_sigmoid: true }, targets: "soft" }),
  ce_label_is_soft: () => ({ config: { type: "CrossEntropyLoss" }, targets: "soft" }),
  ls_original: () => ({ config: smooth }),
  ls_classy: () => ({ config: { ...smooth, mode: "classy_vision" } }),
  ls_multi: () => ({ config: { ...smooth, mode: "multi_label" } }),
  ls_soft: () => ({ config: smooth, targets: "soft" }),
  focal: () => ({ config: { type: "FocalLoss" } }),
  asym: () => ({ config: { type: "AsymmetricLoss" }, targets: "multi" }),
  asym_idx: () => ({ config: { type: "AsymmetricLoss" } }),
};

function targetsOf({ labels, soft }: Input, kind: LossCase["targets"]): readonly (number | readonly number[])[] {
  if (kind === "soft") return soft;
  if (kind === "multi") return soft.map((row) => row.map((value) => (value > 0.1 ? 1 : 0)));
  return labels;
}

function lossValues(runner: Runner, input: Input, lossCase: LossCase): number[] {
  const numClasses = input.scores[0]?.length ?? 0;
  const loss = build(losses, lossCase.config, { numClasses });
  if (!loss) return [];
  const evaluate = evaluateBy(runner, loss);
  const targets = targetsOf(input, lossCase.targets);
  if (!lossCase.report) return [evaluate(input.scores, targets)];
  const each = input.scores.map((row, index) => evaluate([row], targets.slice(index, index + 1)));
  if (lossCase.report === "each") return each;
  return [each.reduce((sum, value, index) => sum + value * index, 0) / each.length];
}

function predictionsOf({ scores, labels }: Input): Predictions {
  const probabilities = Float32Array.from(scores.flatMap((row) => softmax(row)));
  return { probabilities, labels: Int32Array.from(labels), numClasses: scores[0]?.length ?? 0 };
}

const THRESHOLDS: readonly (number | null)[] = [0, 0.5, null];

function listOf({ precision, recall, f1, support }: ClassScores): number[] {
  return [precision, recall, f1, support];
}

/** Per threshold: [precision, recall, f1, support], each a list over the classes. */
function columns(scores: readonly ClassScores[]): number[][] {
  return [0, 1, 2, 3].map((column) => scores.map((score) => listOf(score)[column] ?? NaN));
}

const metricCases: Readonly<Record<string, (predictions: Predictions) => unknown>> = {
  "Accuracy_1_5_thr0_.5": (predictions) =>
    [1, 5].map((topk) => THRESHOLDS.map((threshold) => accuracyOf(predictions, { topk, threshold }))),
  Accuracy_label: (predictions) => [accuracyOf(predictions, { topk: 1, threshold: null })],
  SLM_macro: (predictions) => THRESHOLDS.map((threshold) => listOf(macroScores(predictions, threshold))),
  SLM_micro: (predictions) => THRESHOLDS.map((threshold) => listOf(microScores(predictions, threshold))),
  SLM_None: (predictions) => THRESHOLDS.map((threshold) => columns(classwiseScores(predictions, threshold))),
  confusion: (predictions) => confusionMatrix(predictions),
};

function flat(value: unknown): number[] {
  return Array.isArray(value) ? value.flatMap(flat) : [Number(value)];
}

function* checkCase(
  name: string,
  { truth, input, engine }: { readonly truth: unknown; readonly input: Input; readonly engine: Engine },
): Generator<GoldenResult> {
  const expected = flat(truth);
  const lossCase = lossCases[name]?.(input.soft[0]?.length ?? 0);
  const metric = metricCases[name];
  if (lossCase) {
    for (const { named, open } of ways(engine)) {
      using runner = open();
      yield near(named(name), { expected, got: lossValues(runner, input, lossCase) }, TOLERANCE);
    }
  } else if (metric) yield near(name, { expected, got: flat(metric(predictionsOf(input))) }, TOLERANCE);
  else yield { name, status: "skipped", why: "no loss or metric is known by this name" };
}

export const lossesMetricsChecker: GoldenChecker = {
  file: "losses_metrics.json",
  async *check(data) {
    const engine = await loadEngine();
    const { _about: about, ...cases } = z.looseObject({ _about: z.string().default("") }).parse(data);
    const input = inputOf(about);
    for (const [name, truth] of Object.entries(cases)) {
      if (input) yield* checkCase(name, { truth, input, engine });
      else yield { name, status: "skipped", why: "`_about` does not state the input in the known form" };
    }
  },
};
