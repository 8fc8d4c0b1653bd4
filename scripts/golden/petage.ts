import { z } from "zod";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import { topMean, trimmedTop5 } from "#lib/metrics/decoders.ts";
import type { Decoder } from "#lib/metrics/decoders.ts";
import { authorRow } from "#lib/nn/losses/gauss-smoothing.ts";
import type { GaussSmoothing } from "#lib/nn/losses/gauss-smoothing.ts";
import { losses } from "#lib/nn/losses/index.ts";
import { build } from "./build.ts";
import { evaluateBy } from "./loss-value.ts";
import { near } from "./near.ts";
import type { GoldenChecker, GoldenResult } from "./types.ts";
import { ways } from "./ways.ts";

const FLOAT64 = { relative: 1e-12, absolute: 1e-15 };
/** The loss runs in float32. */
const FLOAT32 = { relative: 1e-5 };

const schema = z.looseObject({
  _about: z.string().default(""),
  labels: z.record(z.string(), z.record(z.string(), z.number())).default({}),
  loss: z
    .looseObject({
      labels: z.array(z.number()),
      per_sample: z.array(z.number()),
      scores: z.string(),
      value: z.number(),
    })
    .optional(),
  self_Accuracy: z
    .array(
      z.looseObject({
        target: z.array(z.number()),
        top10: z.array(z.array(z.number())),
        intended: z.array(z.number()),
        as_coded: z.array(z.number()),
      }),
    )
    .default([]),
});
type Truth = z.infer<typeof schema>;

function smoothingOf(about: string): GaussSmoothing {
  const [std = 2, sampleCount = 11, numClasses = 192] =
    /std=([\d.]+),\s*num_samples=(\d+),\s*num_classes=(\d+)/.exec(about)?.slice(1).map(Number) ?? [];
  return { std, sampleCount, numClasses };
}

function* checkLabels(labels: Truth["labels"], smoothing: GaussSmoothing): Generator<GoldenResult> {
  for (const [label, sparse] of Object.entries(labels)) {
    const expected = Array.from({ length: smoothing.numClasses }, (_, month) => sparse[month] ?? 0);
    yield near(`labels ${label}`, { expected, got: [...authorRow(Number(label), smoothing)] }, FLOAT64);
  }
}

function* checkLoss(
  truth: NonNullable<Truth["loss"]>,
  smoothing: GaussSmoothing,
  engine: Engine,
): Generator<GoldenResult> {
  const [, height, pitch, rows, columns] = /([\d.]+)\*sin\(([\d.]+)\*flat\) (\d+)x(\d+)/.exec(truth.scores) ?? [];
  const config = { type: "GaussSmoothLoss", std: smoothing.std, num_samples: smoothing.sampleCount, compat: "author" };
  const loss = build(losses, config, smoothing);
  if (!columns || !loss) {
    yield { name: "loss", status: "skipped", why: "`scores` does not state the input in the known form" };
    return;
  }
  const logits = Array.from({ length: Number(rows) }, (_row, i) =>
    Array.from(
      { length: Number(columns) },
      (_column, j) => Number(height) * Math.sin(Number(pitch) * (i * Number(columns) + j)),
    ),
  );
  for (const { named, open } of ways(engine)) {
    using runner = open();
    const lossOf = evaluateBy(runner, loss);
    const each = logits.map((row, index) => lossOf([row], truth.labels.slice(index, index + 1)));
    yield near(named("loss per_sample"), { expected: truth.per_sample, got: each }, FLOAT32);
    yield near(named("loss value"), { expected: [truth.value], got: [lossOf(logits, truth.labels)] }, FLOAT32);
  }
}

/** The seed's four answers, in the order of the file. */
const answers: readonly Decoder[] = [trimmedTop5, topMean(1), topMean(2), topMean(3)];

/** Any distribution whose most probable classes are these, in this order. */
function ranked(classes: readonly number[], numClasses: number): Float32Array {
  const probabilities = new Float32Array(numClasses);
  classes.forEach((month, rank) => (probabilities[month] = 1 / (rank + 2)));
  return probabilities;
}

function* checkErrors(cases: Truth["self_Accuracy"], { numClasses }: GaussSmoothing): Generator<GoldenResult> {
  for (const [index, { target, top10, intended, as_coded }] of cases.entries()) {
    const got = answers.map((decode) => {
      const errors = top10.map((classes, i) => Math.abs(decode(ranked(classes, numClasses)) - (target[i] ?? NaN)));
      return errors.reduce((sum, error) => sum + error, 0) / errors.length;
    });
    yield near(`self_Accuracy ${index} intended`, { expected: intended, got }, { relative: 1e-6 });
    yield near(
      `self_Accuracy ${index} as_coded`,
      { expected: as_coded.slice(0, 1), got: got.slice(0, 1) },
      { relative: 1e-6 },
    );
    const why = "the original overwrites its own input after the first figure; petage reports what was intended";
    yield { name: `self_Accuracy ${index} as_coded rest`, status: "skipped", why };
  }
}

export const petageChecker: GoldenChecker = {
  file: "petage.json",
  async *check(data) {
    const engine = await loadEngine();
    const { _about: about, labels, loss, self_Accuracy: cases, ...rest } = schema.parse(data);
    const smoothing = smoothingOf(about);
    yield* checkLabels(labels, smoothing);
    if (loss) yield* checkLoss(loss, smoothing, engine);
    yield* checkErrors(cases, smoothing);
    for (const name of Object.keys(rest))
      yield { name, status: "skipped", why: "no case of petage.json is known by this name" };
  },
};
