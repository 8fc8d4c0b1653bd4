import { defined } from "#lib/base/assert.ts";
import { sizeOfShape } from "#lib/engine/op.ts";
import type { GraphNode, Output } from "./graph.ts";
import { neededFor } from "./memory.ts";

/** A multiplication and an addition. */
const OPERATIONS = 2;

/** What an op computes, as products and sums of its inputs and output; the others count as nothing. */
const PRODUCTS: Readonly<Record<string, (node: GraphNode, shape: readonly number[]) => number>> = {
  Conv2D: ({ inputs }, shape) => convolution(shapeOf(inputs[1]), shape),
  Conv2DBackpropInput: ({ inputs }) => convolution(shapeOf(inputs[1]), shapeOf(inputs[2])),
  Conv2DBackpropFilter: ({ inputs }, shape) => convolution(shape, shapeOf(inputs[2])),
  MatMul: ({ inputs, attributes }, shape) => sizeOfShape(shape) * innerOf(inputs[0], attributes["transpose_a"]),
  BatchMatMulV2: ({ inputs, attributes }, shape) => sizeOfShape(shape) * innerOf(inputs[0], attributes["adj_x"]),
};

/** Floating-point operations of what is computed for some outputs, by op: convolutions, their gradients, matrix products. */
export function flopsByOp(fetches: readonly Output[]): ReadonlyMap<string, number> {
  const flops = new Map<string, number>();
  for (const { node, shape } of outputsFor(fetches)) {
    const products = PRODUCTS[node.op]?.(node, shape) ?? 0;
    if (products > 0) flops.set(node.op, (flops.get(node.op) ?? 0) + OPERATIONS * products);
  }
  return flops;
}

/** One of each node. */
function outputsFor(fetches: readonly Output[]): Iterable<Output> {
  const all = [...fetches, ...[...neededFor(fetches)].flatMap(({ inputs }) => inputs)];
  return new Map(all.map((output) => [output.node, output])).values();
}

/** Each value of the output of a convolution is a sum over the filter, [kh, kw, in, out]: all but its last axis. */
function convolution(filter: readonly number[], output: readonly number[]): number {
  return sizeOfShape(output) * sizeOfShape(filter.slice(0, -1));
}

/** The length of the axis over which a matrix product sums. */
function innerOf(left: Output | undefined, transposed: GraphNode["attributes"][string] | undefined): number {
  const isTransposed = transposed !== undefined && "bool" in transposed && transposed.bool;
  return defined(shapeOf(left).at(isTransposed ? -2 : -1), "an inner axis");
}

function shapeOf(output: Output | undefined): readonly number[] {
  return defined(output, "an input").shape;
}
