import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Feed, Runner, TensorFunction } from "#lib/engine/program.ts";
import { WeightStore } from "#lib/model/weight-store.ts";
import { clipGradSchema, clipGradients } from "#lib/optim/clip.ts";
import type { ClipGrad } from "#lib/optim/clip.ts";
import { optimizers } from "#lib/optim/optimizers/index.ts";
import type { Optimizer, OptimizerScalars } from "#lib/optim/types.ts";
import { build } from "./build.ts";
import { near } from "./near.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";
import { ways } from "./ways.ts";

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

/** What an optimizer does, to the weights after the update. */
type Update = (gradient: readonly number[], step: number) => readonly number[];

function updateBy(
  runner: Runner,
  { optimizer, clip, start }: { optimizer: Optimizer; clip: ClipGrad | null; start: readonly number[] },
): Update {
  const store = new WeightStore(runner.variables, optimizer.slotNames);
  const zeros = optimizer.slotNames.map(() => tf.zeros([start.length]));
  tf.tidy(() => store.setWeight("w", tf.tensor1d([...start])));
  store.setSlots("w", zeros);
  const compute: TensorFunction = (variables, { gradient, ...scalars }) => {
    const state = new WeightStore(variables, optimizer.slotNames);
    const raw = defined(gradient, "gradient");
    const [clipped = raw] = clip ? clipGradients([raw], clip).gradients : [raw];
    const weights = defined(state.weights.get("w"), "w");
    const updated = optimizer.update(weights, clipped, state.slots("w"), scalars as unknown as OptimizerScalars);
    state.setWeight("w", updated.parameter);
    state.setSlots("w", updated.slots);
    return { w: updated.parameter };
  };
  const scalar = (value: number): Feed => ({ type: "float32", shape: [], values: Float32Array.of(value) });
  return (gradient, step) => {
    using results = runner.run(compute, {
      gradient: { type: "float32", shape: [gradient.length], values: Float32Array.from(gradient) },
      learningRate: scalar(optimizer.learningRate),
      step: scalar(step),
    });
    return [...results.read("w")];
  };
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
function play(update: Update, truth: Case, { problem, grouping }: { problem: Problem; grouping: Grouping }): number[] {
  let weights = problem.start;
  let sum = problem.start.map(() => 0);
  let [gathered, step] = [0, 0];
  return truth.w.flatMap((_, time) => {
    const size = grouping(time);
    const share = gradientAt(weights, problem, time);
    sum = sum.map((value, i) => value + (share[i] ?? 0) / size);
    gathered += 1;
    if (gathered === size) {
      step += 1;
      weights = update(sum, step);
      sum = sum.map(() => 0);
      gathered = 0;
    }
    return [...weights];
  });
}

function* checkCase(
  name: string,
  { truth, problem, engine }: { readonly truth: Case; readonly problem: Problem; readonly engine: Engine },
): Generator<GoldenResult> {
  const optimizer = build(optimizers, truth.cfg, undefined);
  if (!optimizer) {
    yield { name, status: "skipped", why: `no optimizer ${truth.cfg.type} yet` };
    return;
  }
  const expected = truth.w.flat();
  for (const { named, open } of ways(engine)) {
    const results = groupings(truth).map((grouping) => {
      using runner = open();
      const update = updateBy(runner, { optimizer, clip: truth.clip, start: problem.start });
      return near(named(name), { expected, got: play(update, truth, { problem, grouping }) }, TOLERANCE);
    });
    const passed = results.find(({ status }) => status === "passed");
    yield passed ?? results[0] ?? { name: named(name), status: "skipped", why: "the case holds no weights" };
  }
}

export const optimChecker: GoldenChecker = {
  file: "optim.json",
  async *check(data) {
    const engine = await loadEngine();
    const { _about: about, ...cases } = z.looseObject({ _about: z.string().default("") }).parse(data);
    const problem = problemOf(about);
    for (const [name, value] of Object.entries(cases)) {
      const truth = caseSchema.safeParse(value);
      if (!problem) yield { name, status: "skipped", why: "`_about` does not state the loss in the known form" };
      else if (!truth.success) yield { name, status: "skipped", why: "not an optimizer config with a trajectory" };
      else yield* checkCase(name, { truth: truth.data, problem, engine });
    }
  },
};
