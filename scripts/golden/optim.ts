import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { loadEngine } from "#lib/engine/load.ts";
import { clipGradSchema, clipGradients } from "#lib/optim/clip.ts";
import type { ClipGrad } from "#lib/optim/clip.ts";
import { optimizers } from "#lib/optim/optimizers/index.ts";
import type { Optimizer } from "#lib/optim/types.ts";
import { build } from "./build.ts";
import { near } from "./near.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";

/** The truth is float64, ours float32: a few ulps per step, of weights between 0.01 and 2. */
const TOLERANCE = { relative: 1e-5, absolute: 1e-6 };

const caseSchema = z.looseObject({
  cfg: z.looseObject({ type: z.string() }),
  clip: clipGradSchema.nullable().default(null),
  accumulative_counts: z.number().int().positive().default(1),
  w: z.array(z.array(z.number())),
});
type Case = z.infer<typeof caseSchema>;

/** loss_t(w) = sum(curvature w^2) / 2 + ripple sum(sin((t + 1) w)) */
interface Problem {
  readonly start: readonly number[];
  readonly curvature: readonly number[];
  readonly ripple: number;
}

function problemOf(about: string): Problem | undefined {
  const list = (name: string): number[] | undefined =>
    new RegExp(`\\b${name}=\\[([^\\]]*)\\]`).exec(about)?.[1]?.split(",").map(Number);
  const ripple = /([\d.]+)\s*\*\s*sum\(sin\(\(t\s*\+\s*1\)\s*w\)\)/.exec(about)?.[1];
  const [start, curvature] = [list("w0"), list("A")];
  return start && curvature && ripple ? { start, curvature, ripple: Number(ripple) } : undefined;
}

/** The gradient in float64, at the float32 weights that the optimizer left. */
function gradientAt(weights: readonly number[], { curvature, ripple }: Problem, time: number): number[] {
  return weights.map((w, i) => (curvature[i] ?? 0) * w + ripple * (time + 1) * Math.cos((time + 1) * w));
}

interface State {
  readonly weights: readonly number[];
  readonly slots: readonly (readonly number[])[];
}

interface Update {
  readonly optimizer: Optimizer;
  readonly clip: ClipGrad | null;
  readonly gradient: readonly number[];
  readonly step: number;
}

function applyUpdate(state: State, { optimizer, clip, gradient, step }: Update): State {
  let next = state;
  tf.tidy(() => {
    const raw: Tensor = tf.tensor1d([...gradient]);
    const [clipped = raw] = clip ? clipGradients([raw], clip).gradients : [raw];
    const scalars = { learningRate: tf.scalar(optimizer.learningRate), step: tf.scalar(step) };
    const slots = state.slots.map((slot) => tf.tensor1d([...slot]));
    const updated = optimizer.update(tf.tensor1d([...state.weights]), clipped, slots, scalars);
    next = { weights: [...updated.parameter.dataSync()], slots: updated.slots.map((slot) => [...slot.dataSync()]) };
  });
  return next;
}

/**
 * How many iterations form the group that an iteration belongs to. mmengine makes a smaller last group where it knows
 * how many iterations there are; otherwise the last gradients wait for an update that never comes.
 */
type Grouping = (time: number) => number;

function groupings({ accumulative_counts: counts, w }: Case): Grouping[] {
  const rest = w.length % counts;
  const even: Grouping = () => counts;
  return rest === 0 ? [even] : [even, (time) => (time < w.length - rest ? counts : rest)];
}

/** The weights after each iteration; the gradients of a group are averaged into one update. */
function play(
  optimizer: Optimizer,
  truth: Case,
  { problem, grouping }: { problem: Problem; grouping: Grouping },
): number[] {
  let state: State = { weights: problem.start, slots: optimizer.slotNames.map(() => problem.start.map(() => 0)) };
  let sum = problem.start.map(() => 0);
  let [gathered, step] = [0, 0];
  return truth.w.flatMap((_, time) => {
    const size = grouping(time);
    const share = gradientAt(state.weights, problem, time);
    sum = sum.map((value, i) => value + (share[i] ?? 0) / size);
    gathered += 1;
    if (gathered === size) {
      step += 1;
      state = applyUpdate(state, { optimizer, clip: truth.clip, gradient: sum, step });
      sum = sum.map(() => 0);
      gathered = 0;
    }
    return [...state.weights];
  });
}

function checkCase(name: string, truth: Case, problem: Problem): GoldenResult {
  const optimizer = build(optimizers, truth.cfg, undefined);
  if (!optimizer) return { name, status: "skipped", why: `no optimizer ${truth.cfg.type} yet` };
  const expected = truth.w.flat();
  const results = groupings(truth).map((grouping) =>
    near(name, { expected, got: play(optimizer, truth, { problem, grouping }) }, TOLERANCE),
  );
  const passed = results.find(({ status }) => status === "passed");
  return passed ?? results[0] ?? { name, status: "skipped", why: "the case holds no weights" };
}

export const optimChecker: GoldenChecker = {
  file: "optim.json",
  async *check(data) {
    await loadEngine();
    const { _about: about, ...cases } = z.looseObject({ _about: z.string().default("") }).parse(data);
    const problem = problemOf(about);
    for (const [name, value] of Object.entries(cases)) {
      const truth = caseSchema.safeParse(value);
      if (!problem) yield { name, status: "skipped", why: "`_about` does not state the loss in the known form" };
      else if (!truth.success) yield { name, status: "skipped", why: "not an optimizer config with a trajectory" };
      else yield checkCase(name, truth.data, problem);
    }
  },
};
