import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { randomStream } from "#lib/base/random.ts";
import { EagerRunner } from "#lib/engine/eager-runner.ts";
import { StaticGraphRunner } from "#lib/engine/graph/static-graph-runner.ts";
import type { GraphRunner } from "#lib/engine/graph/graph-runner.ts";
import type { NativeBackend } from "#lib/engine/native/backend.ts";
import { ops } from "#lib/engine/ops.ts";
import type { Feed, Feeds, Runner, TensorFunction } from "#lib/engine/program.ts";
import { assertClose } from "#test/support/close.ts";
import { feed, graphRunner } from "#test/support/compiled.ts";
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
    graph = graphRunner();
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

  const image: Feed = { type: "uint8", shape: [1, 2, 2, 3], values: Uint8Array.from({ length: 12 }, (_, at) => at) };

  it("sees pixels as floats", () => {
    assertSame((_, { x }) => ({ y: tf.mul(x as Tensor, 0.5) }), { x: image });
  });

  it("knows a function again by the shapes of what it is given, and keeps each", () => {
    let traced = 0;
    const compute: TensorFunction = (_, { x }) => {
      traced++;
      return { y: tf.sum(x as Tensor) };
    };
    for (const size of [2, 3, 2, 3])
      assert.deepEqual([...run(graph, compute, { x: feed(Array(size).fill(1)) })], [size]);
    assert.equal(traced, 2);
  });

  it("takes any number of shapes, one after the other, and keeps its variables", () => {
    const move: TensorFunction = (variables, { x }) => {
      variables.set("w", tf.add(variables.get("w"), tf.sum(x as Tensor)));
      return { y: variables.get("w") };
    };
    const look: TensorFunction = (variables, { x }) => ({ y: tf.add(variables.get("w"), tf.sum(x as Tensor)) });
    using still = new StaticGraphRunner({ backend: tf.backend() as unknown as NativeBackend, folder: tmpdir() });
    for (const runner of [graph, still]) tf.tidy(() => runner.variables.set("w", tf.scalar(0)));
    let sum = 0;
    for (let size = 1; size <= 20; size++) {
      const x = feed(Array(size).fill(1));
      assert.deepEqual([...run(graph, move, { x })], [(sum += size)]);
      assert.deepEqual([...run(still, look, { x })], [size]);
    }
  });

  it("takes values as they were given, though their array is written to again", () => {
    const values = new Float32Array(64).fill(1);
    const keep: TensorFunction = (variables, { x }) => {
      variables.set("w", tf.mul(x as Tensor, 1));
      return { y: tf.sum(x as Tensor) };
    };
    graph.variables.set("w", tf.zeros([64]));
    run(graph, keep, { x: { type: "float32", shape: [64], values } });
    values.fill(7);
    assert.deepEqual([...graph.variables.get("w").dataSync()], Array(64).fill(1));
  });

  const refused: readonly (readonly [string, TensorFunction, RegExp])[] = [
    [
      "reads a value",
      (_, { x }) => ({ y: tf.scalar((x as Tensor).dataSync()[0] ?? 0) }),
      /a value that JavaScript reads/,
    ],
    [
      "does what no kernel is there for",
      (_, { x }) => ({ y: tf.asinh(x as Tensor) }),
      /the op Asinh, in backbone\.layer1/,
    ],
    [
      "pads by numbers",
      () => ({ y: tf.conv2d(tf.ones<tf.Rank.R4>([1, 4, 4, 1]), tf.ones([3, 3, 1, 1]), 1, 1) }),
      /Conv2D with padding by numbers/,
    ],
    ["reads a variable that nobody has set", (variables) => ({ y: variables.get("none") }), /the variable none/],
  ];
  for (const [what, compute, message] of refused) {
    it(`refuses a function that ${what}, and lives on`, () => {
      const placed: TensorFunction = (...given) => ops().at("backbone.layer1", () => compute(...given));
      assert.throws(() => graph.run(placed, { x: feed([1, 2]) }), { code: "GRAPH_UNSUPPORTED", message });
      assert.equal(tf.getBackend(), "tensorflow");
      assertSame((_, { x }) => ({ y: tf.neg(x as Tensor) }), { x: feed([1, 2]) });
    });
  }

  describe("in parts", () => {
    /** What is called `a` of the first part, `b` and `c` of the others. */
    const compute: TensorFunction = (variables, { x, at }) => {
      const root = tf.exp(tf.matMul(x as Tensor, variables.get("w")));
      const square = tf.square(root);
      const c = tf.gather(tf.reshape(square, [-1]), at as Tensor1D);
      return { a: tf.sum(root), b: tf.sum(tf.mul(root, square)), c: tf.add(c, tf.mul(x as Tensor, 1)) };
    };
    const parts = [["a"], ["b"], ["c"]] as const;
    const feeds = (at: number): Feeds => ({
      x: floats(3, [2, 2]),
      at: { type: "int32", shape: [1], values: Int32Array.of(at) },
    });
    beforeEach(() => {
      for (const runner of [graph, eager]) tf.tidy(() => runner.variables.set("w", tf.tensor2d([1, 2, 3, 4], [2, 2])));
    });

    const runInParts = (runner: Runner, given: Feeds): number[][] => {
      const values: number[][] = [];
      for (const results of runner.runInParts(compute, given, parts)) {
        values.push([...results.read(parts[values.length]?.[0] ?? "")]);
      }
      return values;
    };

    it("gives what it gives in one piece, as often as it is run", () => {
      using whole = eager.run(compute, feeds(3));
      const expected = parts.map(([name]) => [...whole.read(name)]);
      using still = new StaticGraphRunner({ backend: tf.backend() as unknown as NativeBackend, folder: tmpdir() });
      tf.tidy(() => still.variables.set("w", tf.tensor2d([1, 2, 3, 4], [2, 2])));
      for (const runner of [eager, graph, graph, still]) {
        for (const [index, values] of runInParts(runner, feeds(3)).entries()) {
          assertClose(values, expected[index] ?? [], { tolerance: 1e-5, what: `part ${index}` });
        }
      }
    });

    it("computes a part when it is asked for: those before are there though it fails", () => {
      const running = graph.runInParts(compute, feeds(9), parts);
      for (const name of ["a", "b"]) {
        const { value } = running.next();
        assert.ok(Number.isFinite(value?.read(name)[0]));
      }
      assert.throws(() => running.next(), { code: "GRAPH_FAILED", message: /GatherV2/ });
      assert.equal(runInParts(graph, feeds(0)).length, 3);
    });

    it("sets variables with its last part", () => {
      const move: TensorFunction = (variables, { x }) => {
        const moved = tf.add(variables.get("w"), x as Tensor);
        variables.set("w", moved);
        return { a: tf.sum(tf.exp(x as Tensor)), b: tf.sum(moved) };
      };
      const running = graph.runInParts(move, { x: feed([1, 1, 1, 1], [2, 2]) }, [["a"], ["b"]]);
      running.next();
      assert.deepEqual([...(running.next().value?.read("b") ?? [])], [14]);
      running.next();
      assert.deepEqual([...graph.variables.get("w").dataSync()], [2, 3, 4, 5]);
    });

    it("leaves no tensor behind, also where it is left", () => {
      runInParts(graph, feeds(1));
      const natives = nativeTensors();
      runInParts(graph, feeds(1));
      for (const results of graph.runInParts(compute, feeds(1), parts)) {
        results.read("a");
        break;
      }
      assert.equal(nativeTensors(), natives);
    });
  });

  it("computes once what follows from variables alone, for all sizes of batches, until a variable is set", () => {
    using still = new StaticGraphRunner({ backend: tf.backend() as unknown as NativeBackend, folder: tmpdir() });
    const folded: TensorFunction = (variables, { x }) => {
      const scale = tf.rsqrt(tf.add(variables.get("variance"), 1e-5));
      return { y: tf.matMul(x as Tensor, tf.mul(variables.get("filter"), scale)) };
    };
    for (const variance of [4, 16]) {
      for (const runner of [still, eager]) {
        tf.tidy(() => runner.variables.set("filter", tf.tensor2d([2, 4, 6, 8], [2, 2])));
        tf.tidy(() => runner.variables.set("variance", tf.tensor1d([variance, variance])));
      }
      run(eager, folded, { x: floats(1, [1, 2]) }); // tfjs hands its values to the library
      const natives = nativeTensors();
      for (const rows of [1, 2, 1, 3]) {
        const feeds = { x: floats(rows, [rows, 2]) };
        assertClose(run(still, folded, feeds), run(eager, folded, feeds), { tolerance: 1e-5, what: "y" });
      }
      assert.equal(nativeTensors() - natives, 1, "the folded filter, once");
    }
  });

  it("names the layer of what fails while it runs", () => {
    const compute: TensorFunction = (_, { x }) => {
      const at = tf.cast(x as Tensor, "int32") as Tensor1D;
      return { y: ops().at("head", () => tf.gather(tf.tensor1d([1, 2]), at)) };
    };
    assert.deepEqual([...run(graph, compute, { x: feed([1]) })], [2]);
    assert.throws(() => graph.run(compute, { x: feed([9]) }), { code: "GRAPH_FAILED", message: /at head\/GatherV2/ });
    assert.deepEqual([...run(graph, compute, { x: feed([0]) })], [1]);
  });

  for (const [how, runner] of [
    ["a graph", () => graph],
    ["op by op", () => eager],
  ] as const) {
    it(`refuses other values than their shape says (${how}), and lives on`, () => {
      const double: TensorFunction = (_, { x }) => ({ y: tf.mul(x as Tensor, 2) });
      assert.deepEqual([...run(runner(), double, { x: feed([1, 2, 3]) })], [2, 4, 6]);
      assert.throws(() => runner().run(double, { x: feed([1, 2], [3]) }), {
        code: "INVALID_ARGUMENT",
        message: "x [3] is 3 values, and 2 were given",
      });
      assert.deepEqual([...run(runner(), double, { x: feed([1, 2, 3]) })], [2, 4, 6]);
    });
  }

  it("refuses shapes that a function does not take, and lives on", () => {
    const add: TensorFunction = (_, { a, b }) => ({ y: ops().at("head", () => tf.add(a as Tensor, b as Tensor)) });
    assert.throws(() => graph.run(add, { a: feed([1, 2]), b: feed([1, 2, 3]) }), {
      code: "INVALID_ARGUMENT",
      message: /^Shapes do not fit, in head: /,
    });
    assert.deepEqual([...run(graph, add, { a: feed([1, 2]), b: feed([1, 2]) })], [2, 4]);
  });

  it("leaves no tensor behind, also of sessions that are over", () => {
    const compute: TensorFunction = (variables, { x }) => {
      variables.set("w", tf.add(variables.get("w"), x as Tensor));
      return { y: tf.sum(x as Tensor) };
    };
    const open = (): void => {
      using runner = graphRunner();
      tf.tidy(() => runner.variables.set("w", tf.zeros([3])));
      run(runner, compute, { x: feed([1, 2, 3]) });
      tf.tidy(() => runner.variables.get("w").dataSync());
    };
    open();
    const [before, natives] = [tf.memory().numTensors, nativeTensors()];
    for (let times = 0; times < 50; times++) open();
    assert.deepEqual([tf.memory().numTensors, nativeTensors()], [before, natives]);
  });
});

function nativeTensors(): number {
  return (tf.backend() as unknown as NativeBackend).binding.getNumOfTensors();
}
