import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { randomStream } from "#lib/base/random.ts";
import { EagerRunner } from "#lib/engine/eager-runner.ts";
import { GraphRunner } from "#lib/engine/graph/graph-runner.ts";
import type { NativeBackend } from "#lib/engine/native/backend.ts";
import type { Feed, Feeds, Runner, TensorFunction } from "#lib/engine/program.ts";
import { assertClose } from "#test/support/close.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

function floats(seed: number, shape: readonly number[]): Feed {
  const random = randomStream(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  return { type: "float32", shape, values: Float32Array.from({ length: size }, () => random.normal(0)) };
}

describe("a graph", () => {
  before(useTensorFlow);
  let graph: GraphRunner;
  let eager: EagerRunner;
  beforeEach(() => {
    graph = new GraphRunner({ backend: tf.backend() as unknown as NativeBackend, folder: tmpdir() });
    eager = new EagerRunner();
  });
  afterEach(() => {
    graph[Symbol.dispose]();
    eager[Symbol.dispose]();
  });

  /** What is called `y` of what a function gives. */
  function run(runner: Runner, compute: TensorFunction, feeds: Feeds): Float32Array {
    using results = runner.run(compute, feeds);
    return results.read("y");
  }

  function assertSame(compute: TensorFunction, feeds: Feeds, tolerance = 1e-5): void {
    assertClose(run(graph, compute, feeds), run(eager, compute, feeds), { tolerance, what: "y" });
  }

  it("gives what the function gives op by op", () => {
    assertSame((_, { x }) => ({ y: tf.relu(tf.matMul(x as Tensor, x as Tensor, false, true)) }), {
      x: floats(1, [3, 4]),
    });
  });

  it("holds tfjs's own gradients", () => {
    const loss = (x: Tensor) => (w: Tensor) => tf.sum(tf.relu(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, "same")));
    assertSame((_, { x, w }) => ({ y: tf.grad(loss(x as Tensor))(w as Tensor) }), {
      x: floats(1, [2, 8, 8, 3]),
      w: floats(2, [3, 3, 3, 4]),
    });
  });

  it("moves variables, and keeps them when another function joins", () => {
    const step: TensorFunction = (variables, { x }) => {
      const moved = tf.add(variables.get("w"), x as Tensor);
      variables.set("w", moved);
      return { y: tf.sum(moved) };
    };
    const double: TensorFunction = (variables) => {
      variables.set("w", tf.mul(variables.get("w"), 2));
      return {};
    };
    for (const runner of [eager, graph]) {
      runner.variables.set("w", tf.tensor1d([1, 2]));
      const x: Feed = { type: "float32", shape: [2], values: Float32Array.of(1, 1) };
      assert.deepEqual(run(runner, step, { x }), Float32Array.of(5));
      runner.run(double, {})[Symbol.dispose]();
      assert.deepEqual(run(runner, step, { x }), Float32Array.of(12));
      assert.deepEqual([...runner.variables.get("w").dataSync()], [5, 7]);
    }
  });
});
