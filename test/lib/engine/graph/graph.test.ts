import assert from "node:assert/strict";
import { bytesOf, Graph } from "#lib/engine/graph/graph.ts";

describe("a graph", () => {
  it("holds a large constant that is one number as that number", () => {
    const constantOf = (values: Float32Array): string => {
      const graph = new Graph();
      return graph.constant({ type: "float32", shape: [values.length], bytes: bytesOf(values) }).node.op;
    };
    const ones = new Float32Array(5000).fill(1);
    assert.equal(constantOf(ones), "Fill");
    assert.equal(constantOf(ones.slice(0, 10)), "Const");
    assert.equal(constantOf(ones.with(4999, 2)), "Const");
  });
});
