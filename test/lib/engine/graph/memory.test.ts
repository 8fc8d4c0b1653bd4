import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { tmpdir } from "node:os";
import { Graph } from "#lib/engine/graph/graph.ts";
import type { Output } from "#lib/engine/graph/graph.ts";
import { GraphRunner } from "#lib/engine/graph/graph-runner.ts";
import { checkFits, memoryOf } from "#lib/engine/graph/memory.ts";
import { StaticGraphRunner } from "#lib/engine/graph/static-graph-runner.ts";
import { addHandle, addVariable, drop } from "#lib/engine/graph/variable.ts";
import type { NativeBackend } from "#lib/engine/native/backend.ts";
import type { Runner, TensorFunction } from "#lib/engine/program.ts";
import { stepGraph } from "#lib/train/step/step-graph.ts";
import { feed } from "#test/support/compiled.ts";
import { resNetSettings } from "#test/support/resnet.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

/** Of so many float32. */
function fed(graph: Graph, name: string, count: number): Output {
  const outputs = [{ type: "float32", shape: [count] }] as const;
  return graph.add({ op: "Placeholder", name, outputs })[0] as Output;
}

const relu = (graph: Graph, x: Output): Output => graph.one("Relu", [x], x);
const sum = (graph: Graph, a: Output, b: Output): Output => graph.one("AddV2", [a, b], a);

describe("the memory of a graph", () => {
  const cases: readonly (readonly [string, number, (graph: Graph) => readonly Output[]])[] = [
    ["is what is fed and what is fetched", 800, (graph) => [relu(graph, fed(graph, "x", 100))]],
    [
      "has the input and the output of a node, and no longer what was read for the last time",
      400 + 800,
      (graph) => [[1, 2, 3].reduce((x) => graph.one("Tanh", [relu(graph, x)], x), fed(graph, "x", 100))],
    ],
    [
      "keeps what is read again later",
      400 + 3 * 400,
      (graph) => {
        const first = relu(graph, fed(graph, "x", 100));
        return [sum(graph, first, graph.one("Tanh", [relu(graph, first)], first))];
      },
    ],
    [
      "has nothing for another name or another shape",
      800,
      (graph) => {
        const y = relu(graph, fed(graph, "x", 100));
        return [graph.one("Identity", [graph.one("Reshape", [y], { type: y.type, shape: [10, 10] })], y)];
      },
    ],
    [
      "has only what is needed",
      800,
      (graph) => {
        const x = fed(graph, "x", 100);
        relu(graph, fed(graph, "other", 5000));
        return [relu(graph, x)];
      },
    ],
    [
      "has types of their sizes",
      100 + 200,
      (graph) => {
        const outputs = [{ type: "uint8", shape: [10, 10] }] as const;
        const x = graph.add({ op: "Placeholder", name: "x", outputs })[0] as Output;
        return [graph.one("Cast", [x], { type: "bfloat16", shape: [10, 10] })];
      },
    ],
    [
      "has all variables, once, and constants",
      400 + 4000 + 4 + 400,
      (graph) => {
        const { value } = addVariable(graph, "w", { type: "float32", shape: [100] });
        addVariable(graph, "slot", { type: "float32", shape: [1000] });
        return [graph.one("Mul", [value, graph.float(2)], value)];
      },
    ],
    [
      "has nothing of what another function keeps between its parts",
      800,
      (graph) => {
        drop(graph, addHandle(graph, "kept", { type: "float32", shape: [1000] }), []);
        return [relu(graph, fed(graph, "x", 100))];
      },
    ],
  ];
  for (const [what, bytes, build] of cases) {
    it(what, () => {
      const graph = new Graph();
      const fetches = build(graph);
      assert.equal(memoryOf(graph, fetches).bytes, bytes);
    });
  }

  it("says of which ops the outputs are", () => {
    const graph = new Graph();
    const { value } = addVariable(graph, "w", { type: "float32", shape: [100] });
    const y = sum(graph, value, relu(graph, fed(graph, "x", 100)));
    const byOp = { VarHandleOp: 400, Placeholder: 400, Relu: 400, AddV2: 400 };
    assert.deepEqual(Object.fromEntries(memoryOf(graph, [y]).byOp), byOp);
  });

  it("is refused in words of images", () => {
    checkFits(10, {});
    checkFits(10, {}, 10);
    assert.throws(() => checkFits(120e9, { images: { type: "uint8", shape: [16, 6000, 8000, 3] } }, 24e9), {
      code: "GRAPH_TOO_LARGE",
      message: "A graph of 16 images of 8000 x 6000 needs 120 GB, of 24 GB",
      hint: "Take smaller batches, or smaller images",
    });
  });
});

describe("the memory of ResNet-18's step", () => {
  before(useTensorFlow);
  const settings = resNetSettings(18);
  const bytesOf = (count: number): number => {
    const { graph, fetches } = stepGraph(settings, { count, height: 224, width: 224 });
    return memoryOf(graph, fetches).bytes;
  };

  it("grows by the same for each image, and is weights and slots besides", () => {
    const [eight, sixteen, more] = [bytesOf(8), bytesOf(16), bytesOf(24)];
    assert.ok(Math.abs(more - sixteen - (sixteen - eight)) < 0.001 * more);
    const anImage = (more - sixteen) / 8;
    // 2.5 million values of convolutions, 2.3 million of ReLU, and as much again of what goes back at the largest layers
    assert.ok(anImage > 20e6 && anImage < 40e6, `${anImage / 1e6} MB an image`);
  });
});

describe("a graph that would not fit", () => {
  before(useTensorFlow);
  const multiply: TensorFunction = (variables, { x }) => ({ y: tf.mul(variables.get("w"), x as Tensor) });
  const runners = { GraphRunner, StaticGraphRunner };
  for (const [name, Each] of Object.entries(runners)) {
    it(`is refused by a ${name} before it runs, and a smaller one runs`, () => {
      const backend = tf.backend() as unknown as NativeBackend;
      using runner: Runner = new Each({ backend, folder: tmpdir(), memoryLimitBytes: 1000 });
      tf.tidy(() => runner.variables.set("w", tf.scalar(2)));
      const before = backend.binding.getNumOfTensors();
      for (let times = 0; times < 3; times++) {
        assert.throws(() => runner.run(multiply, { x: feed(Array(200).fill(1)) }), {
          code: "GRAPH_TOO_LARGE",
          message: "A graph of x [200] needs 0.0000016 GB, of 0.000001 GB",
        });
      }
      assert.equal(backend.binding.getNumOfTensors(), before);
      using results = runner.run(multiply, { x: feed([1, 2, 3]) });
      assert.deepEqual([...results.read("y")], [2, 4, 6]);
    });
  }
});
