import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Variable } from "@tensorflow/tfjs-core";
import { silentLog } from "#lib/base/log.ts";
import { randomStream } from "#lib/base/random.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import type { Batch } from "#lib/data/types.ts";
import { classify, startOf } from "#lib/nn/classifier.ts";
import { fromPyTorch, toPyTorch } from "#lib/nn/layout.ts";
import { normalizePixels } from "#lib/nn/preprocess.ts";
import type { BatchStatistics, ParameterSpec } from "#lib/nn/types.ts";
import { LOSS_INDEX, STOP_INDEX } from "#lib/train/step/bucket-plan.ts";
import type { StateDict } from "#lib/model/checkpoint.ts";
import { modelSettings } from "#lib/train/settings.ts";
import type { AppliedStep, ReadyBucket } from "#lib/train/ports.ts";
import { TrainingStep } from "#lib/train/step/training-step.ts";
import { systemClock } from "#lib/system/clock.ts";
import { assertClose } from "#test/support/close.ts";
import { recordingLines } from "#test/support/fake-run.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";
import type { TinyModelOptions } from "#test/support/tiny-model.ts";

const RATE = 0.05;

function settings({ clip, ...model }: TinyModelOptions & { readonly clip?: ConfigDict } = {}) {
  return modelSettings(
    resolved({
      model: tinyModel(model),
      data_preprocessor: { mean: [120, 110, 100], std: [60, 61, 62], to_rgb: true },
      optim_wrapper: { optimizer: { type: "SGD", lr: RATE, momentum: 0.9 }, ...(clip && { clip_grad: clip }) },
    }),
  );
}

function batchOf(seed: number, count = 4): Batch {
  const random = randomStream(seed);
  return {
    step: 0,
    images: Uint8Array.from({ length: count * 32 * 32 * 3 }, () => random.integer(0, 255)),
    height: 32,
    width: 32,
    labels: Int32Array.from({ length: count }, () => random.integer(0, 9)),
    sampleIds: Array.from({ length: count }, (_, index) => `${index}.jpg`),
    sampleIndices: Int32Array.from({ length: count }, (_, index) => index),
    skippedIds: [],
  };
}

/** The first half of a step: its buckets, which `apply` reads again. */
function compute(engine: TrainingStep, batch: Batch): ReadyBucket[] {
  return [...engine.gradients(batch)];
}

/** One step of a single rank; what it says of itself. */
function step(engine: TrainingStep, batch: Batch, at = 1): AppliedStep & { buckets: ReadyBucket[] } {
  const buckets = compute(engine, batch);
  return { ...engine.apply({ learningRate: RATE, weightDecay: 0, step: at }), buckets };
}

const weightsOf = (engine: TrainingStep): StateDict => engine.exportTensors({ withOptimizer: false }).weights;

/** The same steps by tfjs's own tape and its own momentum optimizer, the whole network on the tape. */
function reference(
  parts: ReturnType<typeof settings>,
  start: StateDict,
  batches: readonly Batch[],
): Map<string, Float32Array> {
  const { model, normalization } = parts;
  const floats = model.parameters.filter(({ kind }) => kind !== "counter");
  const isTrained = (spec: ParameterSpec): boolean => spec.kind === "parameter" && spec.trainable;
  const variables = new Map<string, Variable>(
    floats.map((spec) => {
      const values = start.get(spec.name)?.values as Float32Array;
      const initial = fromPyTorch(values, spec);
      return [spec.name, tf.variable(initial, isTrained(spec))];
    }),
  );
  const optimizer = tf.train.momentum(RATE, 0.9);
  for (const batch of batches) {
    const shape: [number, number, number, number] = [batch.labels.length, 32, 32, 3];
    const pixels = normalizePixels(tf.tensor4d(Float32Array.from(batch.images), shape), normalization);
    const labels: Tensor1D = tf.tensor1d(batch.labels, "int32");
    const statistics: BatchStatistics[] = [];
    optimizer.minimize(
      () => {
        statistics.length = 0;
        const mode = { training: true, statistics };
        return model.head.loss(classify(model, variables, startOf(pixels), { mode }), labels);
      },
      false,
      floats.filter(isTrained).map(({ name }) => variables.get(name) as Variable),
    );
    for (const { layer, mean, variance } of statistics) {
      for (const [suffix, seen] of [
        ["running_mean", mean],
        ["running_var", variance],
      ] as const) {
        const running = variables.get(`${layer}.${suffix}`);
        running?.assign(tf.add(tf.mul(running, 0.9), tf.mul(seen, 0.1)));
      }
    }
  }
  return new Map(floats.map((spec) => [spec.name, toPyTorch(variables.get(spec.name) as Variable, spec)]));
}

describe("a training step", () => {
  before(useTensorFlow);

  const open = (parts = settings(), eager = false): Promise<TrainingStep> =>
    TrainingStep.open({ settings: parts, seed: 5, log: silentLog, clock: systemClock, eager });

  const backbones: readonly ConfigDict[] = [{}, { frozen_stages: 2 }, { norm_eval: true }, { frozen_stages: 4 }];
  const ways = backbones.flatMap((backbone) => [true, false].map((eager) => ({ backbone, eager })));
  for (const { backbone, eager } of ways) {
    const how = eager ? "op by op" : "compiled";
    it(`does ${how} what tfjs's tape and momentum optimizer do with backbone ${JSON.stringify(backbone)}`, async () => {
      const parts = settings({ backbone: { zero_init_residual: false, ...backbone } });
      const engine = await open(parts, eager);
      const batches = [batchOf(1), batchOf(2)];
      const expected = reference(parts, weightsOf(engine), batches);
      batches.forEach((batch, index) => step(engine, batch, index + 1));
      for (const [name, { values, dtype }] of weightsOf(engine)) {
        if (dtype === "I64") continue;
        assertClose(values, expected.get(name) ?? [], { tolerance: 2e-4, what: name });
      }
    });
  }

  it("refuses labels of another count than images before anything runs, and does the next batch", async () => {
    const engine = await open();
    const batch = batchOf(1);
    assert.throws(() => compute(engine, { ...batch, labels: batch.labels.subarray(1) }), {
      code: "INVALID_ARGUMENT",
      message: "images [3, 32, 32, 3] is 9216 values, and 12288 were given",
    });
    assert.ok(step(engine, batch).loss > 0);
  });

  it("does compiled after twenty steps what it does op by op, and twice the same to the bit", async () => {
    const parts = settings({ backbone: { frozen_stages: 1 }, clip: { max_norm: 1 } });
    const [compiled, again, eager] = [await open(parts), await open(parts), await open(parts, true)];
    for (let at = 1; at <= 20; at++) {
      const batch = batchOf(at, at % 5 === 0 ? 3 : 4); // a smaller one now and then
      for (const engine of [compiled, again, eager]) step(engine, batch, at);
    }
    assert.equal(compiled.hash(), again.hash());
    const expected = weightsOf(eager);
    for (const [name, { values, dtype }] of weightsOf(compiled)) {
      if (dtype === "I64") assert.deepEqual(values, expected.get(name)?.values, name);
      else assertClose(values, (expected.get(name)?.values as Float32Array) ?? [], { tolerance: 1e-3, what: name });
    }
  });

  it("does in parts, beside other ranks, what it does in one piece when it is alone", async () => {
    for (const backbone of [{}, { frozen_stages: 2 }]) {
      const parts = settings({ backbone });
      const options = { settings: parts, seed: 5, log: silentLog, clock: systemClock };
      const [alone, ofTwo, again] = [
        await TrainingStep.open(options),
        await TrainingStep.open({ ...options, worldSize: 2 }),
        await TrainingStep.open({ ...options, worldSize: 2 }),
      ];
      for (const at of [1, 2]) for (const engine of [alone, ofTwo, again]) step(engine, batchOf(at), at);
      assert.equal(ofTwo.hash(), again.hash());
      const expected = weightsOf(alone);
      for (const [name, { values, dtype }] of weightsOf(ofTwo)) {
        if (dtype === "I64") continue;
        assertClose(values, (expected.get(name)?.values as Float32Array) ?? [], { tolerance: 2e-4, what: name });
      }
    }
  });

  it("trains on the views of a sample as on images of their own with its label", async () => {
    const images = batchOf(3, 6);
    const labels = Int32Array.of(4, 1, 9);
    const alone = { ...images, labels: Int32Array.from([...labels].flatMap((label) => [label, label])) };
    const [viewed, plain] = [await open(), await open()];
    step(viewed, { ...images, labels, views: 2 });
    step(plain, alone);
    assert.equal(viewed.hash(), plain.hash());
  });

  it("leaves the weights and statistics of frozen layers alone, to the bit", async () => {
    const engine = await open(settings({ backbone: { frozen_stages: 2 } }));
    const before = weightsOf(engine);
    for (const at of [1, 2, 3]) step(engine, batchOf(at), at);
    const after = weightsOf(engine);
    const moved = [...after]
      .filter(([name, { values }]) => !isEqual(values, before.get(name)?.values))
      .map(([name]) => name);
    assert.ok(moved.length > 0);
    for (const name of moved) assert.match(name, /^(backbone\.layer[34]|head)\./);
    assert.equal(after.get("backbone.bn1.num_batches_tracked")?.values[0], 0n);
    assert.equal(after.get("backbone.layer3.0.bn1.num_batches_tracked")?.values[0], 3n);
  });

  it("yields its buckets in order, the loss and a vote against stopping in the last one", async () => {
    const engine = await open();
    const { buckets, loss } = step(engine, batchOf(1));
    assert.deepEqual(
      buckets.map(({ index, isLast }) => [index, isLast]),
      buckets.map((_, index) => [index, index === buckets.length - 1]),
    );
    assert.equal(buckets.at(-1)?.values[LOSS_INDEX], loss);
    assert.equal(buckets.at(-1)?.values[STOP_INDEX], 0);
    assert.ok(Math.abs(loss - Math.log(10)) < 1, `${loss} is not the loss of an untrained model`);
  });

  it("applies what the buckets hold after averaging, not what this rank computed", async () => {
    const [first, second] = [await open(), await open()];
    const [mine, averaged] = [compute(first, batchOf(1)), compute(second, batchOf(2))];
    mine.forEach(({ values, index }) => values.set(averaged[index]?.values ?? []));
    for (const engine of [first, second]) engine.apply({ learningRate: RATE, weightDecay: 0, step: 1 });
    assert.equal(first.hash(), second.hash());
  });

  it("tells the norm before clipping, and moves by no more than the clipped gradient", async () => {
    const engine = await open(settings({ clip: { max_norm: 0.01 } }));
    const before = weightsOf(engine);
    const { gradNorm = 0 } = step(engine, batchOf(1));
    assert.ok(gradNorm > 0.01);
    let squares = 0;
    for (const [name, { values, dtype }] of weightsOf(engine)) {
      if (dtype !== "F32" || name.includes("running_")) continue;
      const old = before.get(name)?.values ?? [];
      values.forEach((value, index) => (squares += (value - Number(old[index])) ** 2));
    }
    assert.ok(Math.abs(Math.sqrt(squares) / (RATE * 0.01) - 1) < 0.02, `moved by ${Math.sqrt(squares)}`);
  });

  it("with clip_grad.error_if_nonfinite stops at an infinite gradient, before any weight has moved", async () => {
    const engine = await open(settings({ clip: { max_norm: 1, error_if_nonfinite: true } }));
    const before = engine.hash();
    const [bucket] = compute(engine, batchOf(1));
    bucket?.values.fill(Infinity, 0, 1);
    assert.throws(() => engine.apply({ learningRate: RATE, weightDecay: 0, step: 1 }), { code: "NOT_FINITE" });
    assert.equal(engine.hash(), before);
  });

  it("does the same from the same weights and optimizer state", async () => {
    const [first, second] = [await open(), await open(settings())];
    step(first, batchOf(1), 1);
    const { weights, optimizer } = first.exportTensors({ withOptimizer: true });
    second.startFrom({ state: weights, source: "a", strict: true });
    second.restoreOptimizer(optimizer, "a");
    for (const engine of [first, second]) step(engine, batchOf(2), 2);
    assert.equal(first.hash(), second.hash());
  });

  it("in bfloat16 does nearly what it does in float32, with weights and statistics that are float32", async () => {
    const parts = settings({ backbone: { frozen_stages: 1 } });
    const log: string[] = [];
    const options = { seed: 5, log: recordingLines(log), clock: systemClock };
    const half = await TrainingStep.open({ settings: { ...parts, precision: "bfloat16" }, ...options });
    const full = await open(parts);
    for (const at of [1, 2, 3]) {
      const [mine, expected] = [step(half, batchOf(at), at), step(full, batchOf(at), at)];
      assert.ok(Math.abs(mine.loss - expected.loss) < 0.02 * expected.loss, `${mine.loss} and ${expected.loss}`);
    }
    const isHalf = log.length === 0;
    if (!isHalf) assert.match(log.join(), /^WARN AmpOptimWrapper asks for bfloat16/);
    const name = "backbone.layer2.0.conv1.weight";
    const [rounded, exact] = [half, full].map((engine) => weightsOf(engine).get(name)?.values as Float32Array);
    assert.equal(isEqual(rounded ?? [], exact), !isHalf);
    assertClose(rounded ?? [], exact ?? [], { tolerance: 0.02, what: name });
  });

  it("says where it cannot be in bfloat16, and computes", async () => {
    const log: string[] = [];
    const parts = { ...settings(), precision: "bfloat16" as const };
    const eager = await TrainingStep.open({
      settings: parts,
      seed: 5,
      log: recordingLines(log),
      clock: systemClock,
      eager: true,
    });
    step(eager, batchOf(1));
    assert.deepEqual(log, ["WARN AmpOptimWrapper asks for bfloat16; it is computed in float32: it computes op by op"]);
  });

  it("leaks no tensor", async () => {
    for (const parts of [settings(), settings({ backbone: { frozen_stages: 2 }, clip: { max_norm: 1 } })]) {
      const engine = await open(parts);
      step(engine, batchOf(0));
      const before = tf.memory().numTensors;
      for (let at = 2; at <= 21; at++) step(engine, batchOf(at), at);
      assert.equal(tf.memory().numTensors, before);
    }
  });

  it("leaks no tensor when it is left half way", async () => {
    const engine = await open();
    step(engine, batchOf(0));
    const before = tf.memory().numTensors;
    for (const _bucket of engine.gradients(batchOf(1))) break;
    assert.equal(tf.memory().numTensors, before);
  });
});

function isEqual(a: ArrayLike<unknown>, b: ArrayLike<unknown> | undefined): boolean {
  return Array.from(a).every((value, index) => value === b?.[index]);
}
