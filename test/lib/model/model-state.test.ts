import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { PetageError } from "#lib/base/errors.ts";
import type { StateDict, TensorData } from "#lib/model/checkpoint.ts";
import { EagerRunner } from "#lib/engine/eager-runner.ts";
import type { Variables } from "#lib/engine/program.ts";
import { ModelState } from "#lib/model/model-state.ts";
import { initialise } from "#lib/train/step/program.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { tinyClassifier } from "#test/support/tiny-model.ts";

const SLOTS = ["exp_avg", "exp_avg_sq"];
const { parameters } = tinyClassifier();

/** As a step of `seed` begins; empty for null. */
function created(variables: Variables, seed: number | null = 1): ModelState {
  const state = new ModelState(parameters, { slotNames: SLOTS }, variables);
  if (seed !== null) initialise(state.store, parameters, { seed, slotNames: SLOTS });
  return state;
}

describe("ModelState", () => {
  before(useTensorFlow);
  const opened: EagerRunner[] = [];
  afterEach(() => opened.splice(0).forEach((runner) => runner[Symbol.dispose]()));

  function open(seed: number | null = 1): ModelState {
    const runner = new EagerRunner();
    opened.push(runner);
    return created(runner.variables, seed);
  }

  function changed(state: StateDict, change: (entries: Map<string, TensorData>) => void): StateDict {
    const entries = new Map(state);
    change(entries);
    return entries;
  }

  const vector = (values: readonly number[]): TensorData => ({
    dtype: "F32",
    shape: [values.length],
    values: Float32Array.from(values),
  });

  it("exports every name of the model in its order, shapes as in PyTorch", () => {
    const exported = [...open().exportWeights()];
    assert.deepEqual(
      exported.map(([name, { shape }]) => [name, shape]),
      parameters.map(({ name, shape }) => [name, shape]),
    );
    assert.equal(exported.find(([name]) => name.endsWith("num_batches_tracked"))?.[1].dtype, "I64");
  });

  it("has the same hash for the same seed and for imported weights, another for another seed", () => {
    const [first, same, other, imported] = [open(1), open(1), open(2), open(3)];
    assert.equal(first.hash(), same.hash());
    assert.notEqual(first.hash(), other.hash());
    assert.notEqual(first.hash(), imported.hash());
    assert.deepEqual(imported.importWeights(first.exportWeights(), { source: "a", strict: true }), []);
    assert.equal(imported.hash(), first.hash());
  });

  it("has another hash when one running statistic differs in its last bit", () => {
    const [state, other] = [open(), open()];
    const name = "backbone.layer4.1.bn2.running_var";
    const bits = new Uint32Array(Float32Array.from({ length: 64 }, () => 1).buffer);
    bits[63] = (bits[63] ?? 0) + 1;
    other.store.setWeight(name, tf.tensor1d(new Float32Array(bits.buffer)));
    assert.notEqual(state.hash(), other.hash());
  });

  it("counts batches per layer, and keeps the count in a checkpoint", () => {
    const [state, other] = [open(), open()];
    state.countBatch();
    state.countBatch();
    other.importWeights(state.exportWeights(), { source: "a", strict: true });
    const counts = other.exportWeights();
    assert.equal(counts.get("backbone.bn1.num_batches_tracked")?.values[0], 2n);
    assert.equal(counts.get("backbone.layer1.0.bn1.num_batches_tracked")?.values[0], 2n);
  });

  it("gives back the optimizer's slots as they were", () => {
    const [state, other] = [open(), open()];
    const name = "head.fc.weight"; // [10, 64], [64, 10] inside
    state.store.setSlots(name, [tf.range(0, 640).reshape([64, 10]), tf.range(640, 1280).reshape([64, 10])]);
    const exported = state.exportOptimizer();
    assert.deepEqual(exported.get(`exp_avg/${name}`)?.shape, [10, 64]);
    assert.equal(exported.get(`exp_avg/${name}`)?.values[1], 10); // [0, 1] in PyTorch's layout is [1, 0] inside
    other.importOptimizer(exported, "a");
    assert.deepEqual(other.exportOptimizer(), exported);
  });

  it("gives something to resume of an optimizer without slots, too", () => {
    const state = new ModelState(parameters, { slotNames: [] }, new EagerRunner().variables);
    assert.ok(state.exportOptimizer().size > 0);
    state.importOptimizer(state.exportOptimizer(), "a");
  });

  it("says which slot a checkpoint of another optimizer lacks", () => {
    const sgd = new Map([...open().exportOptimizer()].filter(([name]) => !name.startsWith("exp_avg_sq/")));
    assert.throws(
      () => open().importOptimizer(sgd, "epoch_3"),
      (error) =>
        error instanceof PetageError &&
        error.code === "CHECKPOINT_MISMATCH" &&
        /epoch_3 has no optimizer state exp_avg_sq of backbone\.conv1\.weight/.test(error.message),
    );
  });

  const rows: readonly { what: string; change: (entries: Map<string, TensorData>) => void; says: RegExp }[] = [
    {
      what: "lacks names",
      change: (entries) => ["head.fc.weight", "head.fc.bias"].forEach((name) => entries.delete(name)),
      says: /missing in it: head\.fc\.weight, head\.fc\.bias$/,
    },
    {
      what: "has other names",
      change: (entries) => Array.from({ length: 7 }, (_, index) => entries.set(`x${index}`, vector([1]))),
      says: /unexpected in it: x0, x1, x2, x3, x4 and 2 more$/,
    },
    {
      what: "has other shapes",
      change: (entries) => entries.set("head.fc.bias", vector([1, 2, 3])),
      says: /size mismatch for head\.fc\.bias: \[3\] there, \[10\] in the model$/,
    },
  ];
  for (const { what, change, says } of rows) {
    it(`refuses a checkpoint that ${what} when strict, and changes nothing`, () => {
      const state = open(2);
      const before = state.hash();
      const foreign = changed(open(1).exportWeights(), change);
      assert.throws(
        () => state.importWeights(foreign, { source: "epoch_1", strict: true }),
        (error) => {
          assert.ok(error instanceof PetageError);
          assert.equal(error.code, "CHECKPOINT_MISMATCH");
          assert.match(error.message, /^epoch_1 is of another model: /);
          assert.match(error.message, says);
          return true;
        },
      );
      assert.equal(state.hash(), before);
    });

    it(`takes what fits of a checkpoint that ${what} when not strict, and tells the rest`, () => {
      const [state, source] = [open(2), open(1)];
      const problems = state.importWeights(changed(source.exportWeights(), change), { source: "a", strict: false });
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? "", says);
      const taken = state.exportWeights();
      assert.deepEqual(taken.get("backbone.conv1.weight"), source.exportWeights().get("backbone.conv1.weight"));
    });
  }

  it("does not miss the counters that old checkpoints lack", () => {
    const state = open(2);
    const old = changed(open(1).exportWeights(), (entries) => {
      for (const name of entries.keys()) if (name.endsWith("num_batches_tracked")) entries.delete(name);
    });
    assert.deepEqual(state.importWeights(old, { source: "a", strict: true }), []);
  });

  it("frees all it holds", () => {
    const before = tf.memory().numTensors;
    const runner = new EagerRunner();
    const state = created(runner.variables);
    state.importWeights(state.exportWeights(), { source: "a", strict: true });
    state.importOptimizer(state.exportOptimizer(), "a");
    runner[Symbol.dispose]();
    assert.equal(tf.memory().numTensors, before);
  });
});
