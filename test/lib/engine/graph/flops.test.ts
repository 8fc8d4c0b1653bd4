import assert from "node:assert/strict";
import { flopsByOp } from "#lib/engine/graph/flops.ts";
import { Graph } from "#lib/engine/graph/graph.ts";
import type { Output } from "#lib/engine/graph/graph.ts";
import { stepGraph } from "#lib/train/step/step-graph.ts";
import { resNetSettings } from "#test/support/resnet.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

describe("the FLOPs of", () => {
  const fed = (graph: Graph, name: string, shape: readonly number[]): Output =>
    graph.add({ op: "Placeholder", name, outputs: [{ type: "float32", shape }] })[0] as Output;
  const [image, filter, output] = [
    [2, 8, 8, 3],
    [3, 3, 3, 5],
    [2, 4, 4, 5],
  ] as const;
  const one = 2 * (2 * 4 * 4 * 5) * (3 * 3 * 3);
  const cases: Readonly<Record<string, readonly [string, (graph: Graph) => Output, number]>> = {
    "a convolution": [
      "Conv2D",
      (graph) => graph.one("Conv2D", [fed(graph, "x", image), fed(graph, "w", filter)], form(output)),
      one,
    ],
    "a convolution in four groups": [
      "Conv2D",
      (graph) =>
        graph.one("Conv2D", [fed(graph, "x", [1, 4, 4, 8]), fed(graph, "w", [1, 1, 2, 8])], form([1, 4, 4, 8])),
      2 * (4 * 4 * 8) * 2,
    ],
    "its input's gradient": [
      "Conv2DBackpropInput",
      (graph) => {
        const inputs = [graph.integers(image), fed(graph, "w", filter), fed(graph, "dy", output)];
        return graph.one("Conv2DBackpropInput", inputs, form(image));
      },
      one,
    ],
    "its filter's gradient": [
      "Conv2DBackpropFilter",
      (graph) => {
        const inputs = [fed(graph, "x", image), graph.integers(filter), fed(graph, "dy", output)];
        return graph.one("Conv2DBackpropFilter", inputs, form(filter));
      },
      one,
    ],
    "a matrix product": [
      "MatMul",
      (graph) => graph.one("MatMul", [fed(graph, "a", [7, 3]), fed(graph, "b", [3, 5])], form([7, 5])),
      2 * 7 * 3 * 5,
    ],
    "a matrix product with the first one transposed": [
      "MatMul",
      (graph) =>
        graph.one("MatMul", [fed(graph, "a", [3, 7]), fed(graph, "b", [3, 5])], form([7, 5]), {
          transpose_a: { bool: true },
        }),
      2 * 7 * 3 * 5,
    ],
    "a stack of matrix products": [
      "BatchMatMulV2",
      (graph) => graph.one("BatchMatMulV2", [fed(graph, "a", [4, 7, 3]), fed(graph, "b", [4, 3, 5])], form([4, 7, 5])),
      4 * 2 * 7 * 3 * 5,
    ],
  };
  for (const [what, [op, build, flops]] of Object.entries(cases)) {
    it(what, () => {
      const graph = new Graph();
      const y = build(graph);
      assert.deepEqual([...flopsByOp([graph.one("Relu", [y], y)])], [[op, flops]]);
    });
  }
});

function form(shape: readonly number[]) {
  return { type: "float32", shape } as const;
}

describe("the FLOPs of a step", () => {
  before(useTensorFlow);
  /** Multiply-adds of the convolutions of an image of 224 px, without the last layer, in 10^9: torchvision's figures. */
  const known = { 18: 1.814, 50: 4.087, 101: 7.799 } as const;
  for (const [depth, expected] of Object.entries(known)) {
    it(`forward are those that are known of ResNet-${depth}, and backward once more for each gradient`, () => {
      const { fetches } = stepGraph(resNetSettings(Number(depth)), { count: 2, height: 224, width: 224 });
      const flops = flopsByOp(fetches);
      const forward = flops.get("Conv2D") ?? 0;
      assert.equal(Number((forward / 2 / 2 / 1e9).toFixed(3)), expected);
      assert.equal(flops.get("Conv2DBackpropFilter"), forward);
      const ofStem = 2 * 2 * (112 * 112 * 64) * (7 * 7 * 3); // whose input has no gradient
      assert.equal(flops.get("Conv2DBackpropInput"), forward - ofStem);
    });
  }
});
