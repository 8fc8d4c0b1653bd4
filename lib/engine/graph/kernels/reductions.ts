import { backend_util, util } from "@tensorflow/tfjs-core";
import { wide } from "#lib/engine/graph/kernel.ts";
import type { Kernel, KernelCall } from "#lib/engine/graph/kernel.ts";

/** Which axes go, and the shape that is left. */
function reduced(
  call: KernelCall,
  shape: readonly number[],
): { readonly axes: number[]; readonly shape: number[]; readonly keeps: boolean } {
  const axis = call.attribute<number | number[] | undefined>("axis") ?? call.attribute<number[]>("reductionIndices");
  const axes = util.parseAxisParam(axis, [...shape]);
  const keeps = call.attribute<boolean | undefined>("keepDims") ?? false;
  const [left] = backend_util.computeOutAndReduceShapes([...shape], axes);
  return { axes, shape: keeps ? backend_util.expandShapeToKeepDim(left, axes) : left, keeps };
}

/** @param keeps whether it may stay in bfloat16, which its kernel sums in float32 */
function reduction(op: string, { keeps = false } = {}): Kernel {
  return (call) => {
    const { graph } = call;
    const x = keeps ? call.input("x") : wide(graph, call.input("x"));
    const { axes, shape, keeps: keepsDims } = reduced(call, x.shape);
    const attributes = { T: { type: x.type }, Tidx: { type: "int32" }, keep_dims: { bool: keepsDims } } as const;
    const logical = { Tidx: { type: "int32" }, keep_dims: { bool: keepsDims } } as const;
    return graph.one(op, [x, graph.integers(axes)], { type: x.type, shape }, x.type === "bool" ? logical : attributes);
  };
}

function argument(op: string): Kernel {
  return (call) => {
    const x = wide(call.graph, call.input("x"));
    const axis = call.attribute<number>("axis");
    const shape = x.shape.filter((_, index) => index !== axis);
    const attributes = { T: { type: x.type }, Tidx: { type: "int32" }, output_type: { type: "int32" } } as const;
    return call.graph.one(op, [x, call.graph.integers([axis], [])], { type: "int32", shape }, attributes);
  };
}

const softmax: Kernel = ({ graph, input, attribute, unsupported }) => {
  const x = wide(graph, input("logits"));
  if (attribute<number>("dim") !== x.shape.length - 1) throw unsupported("another axis than the last");
  return graph.one("Softmax", [x], x, { T: { type: x.type } });
};

const cumsum: Kernel = ({ graph, input, attribute }) => {
  const x = wide(graph, input("x"));
  return graph.one("Cumsum", [x, graph.integers([attribute<number>("axis")], [])], x, {
    T: { type: x.type },
    Tidx: { type: "int32" },
    exclusive: { bool: attribute<boolean>("exclusive") },
    reverse: { bool: attribute<boolean>("reverse") },
  });
};

export const reductions: Readonly<Record<string, Kernel>> = {
  All: reduction("All"),
  Any: reduction("Any"),
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  Cumsum: cumsum,
  Max: reduction("Max"),
  Mean: reduction("Mean", { keeps: true }),
  Min: reduction("Min"),
  Prod: reduction("Prod"),
  Softmax: softmax,
  Sum: reduction("Sum"),
};
