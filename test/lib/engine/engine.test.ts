import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { loadEngine } from "#lib/engine/load.ts";
import { scoped } from "#lib/engine/scope.ts";
import { ops } from "#lib/engine/ops.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

describe("loadEngine", () => {
  before(useTensorFlow);

  it("says what it computes on, once per thread", async () => {
    const engine = await loadEngine();
    assert.equal(engine.backend, tf.getBackend() === "tensorflow" ? "tensorflow" : "cpu");
    assert.match(engine.version, /^\d+\.\d+\.\d+/);
    assert.ok(engine.device === "cpu" || engine.device === "gpu");
    assert.equal(await loadEngine(), engine);
  });
});

describe("uploadImages", () => {
  before(useTensorFlow);

  it("gives every byte as its float, in order", () => {
    tf.tidy(() => {
      const bytes = Uint8Array.from({ length: 2 * 4 * 32 * 1 }, (_, index) => index);
      const tensor = ops().uploadImages(bytes, [2, 4, 32, 1]);
      assert.equal(tensor.dtype, "float32");
      assert.deepEqual(tensor.shape, [2, 4, 32, 1]);
      assert.deepEqual(tensor.dataSync<"float32">(), Float32Array.from(bytes));
    });
  });

  it("reads shared memory and a view into a larger array", () => {
    tf.tidy(() => {
      const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
      shared[5] = 200;
      const view = shared.subarray(3, 6); // 7, 7, 200
      assert.deepEqual([...ops().uploadImages(view, [1, 1, 1, 3]).dataSync()], [7, 7, 200]);
    });
  });

  it("leaves one tensor", () => {
    const before = tf.memory().numTensors;
    const tensor = ops().uploadImages(new Uint8Array(12), [1, 2, 2, 3]);
    assert.equal(tf.memory().numTensors, before + 1);
    tensor.dispose();
  });
});

describe("scoped", () => {
  before(useTensorFlow);

  it("frees what was not kept and returns the value", () => {
    const before = tf.memory().numTensors;
    const { kept, value } = scoped((): { kept: Tensor; value: number | undefined } => {
      const passing: Tensor = tf.add(1, 1);
      return { kept: tf.keep(tf.mul(passing, 3)), value: passing.dataSync()[0] };
    });
    assert.equal(value, 2);
    assert.equal(tf.memory().numTensors, before + 1);
    assert.equal(kept.dataSync()[0], 6);
    kept.dispose();
  });

  it("frees everything when the function throws", () => {
    const before = tf.memory().numTensors;
    let inside: Tensor | undefined;
    assert.throws(
      () =>
        scoped(() => {
          inside = tf.scalar(1);
          throw new Error("bad luck");
        }),
      /bad luck/,
    );
    assert.ok(inside?.isDisposed);
    assert.equal(tf.memory().numTensors, before);
  });
});
