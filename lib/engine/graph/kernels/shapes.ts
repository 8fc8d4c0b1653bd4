import { backend_util, slice_util } from "@tensorflow/tfjs-core";
import type { DataType, Tensor } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import type { Output } from "#lib/engine/graph/graph.ts";
import { sizeOfShape } from "#lib/engine/op.ts";
import type { ElementType } from "#lib/engine/op.ts";
import { alike, cast, narrow } from "#lib/engine/graph/kernel.ts";
import type { Kernel, KernelCall } from "#lib/engine/graph/kernel.ts";

const INT32 = { type: "int32" } as const;

function reshapeTo({ graph }: KernelCall, x: Output, shape: readonly number[]): Output {
  if (shape.join() === x.shape.join()) return x;
  const attributes = { T: { type: x.type }, Tshape: INT32 };
  return graph.one("Reshape", [x, graph.integers(shape)], { type: x.type, shape }, attributes);
}

/** -1 stands for what is left. */
function sizesOf(x: Output, shape: readonly number[]): number[] {
  const size = sizeOfShape(x.shape);
  const known = shape.reduce((product, length) => (length < 0 ? product : product * length), 1);
  return shape.map((length) => (length < 0 ? size / known : length));
}

const expandDims: Kernel = (call) => {
  const x = call.input("input");
  const dim = call.attribute<number>("dim");
  const at = dim < 0 ? x.shape.length + dim + 1 : dim;
  return reshapeTo(call, x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
};

const transpose: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const order = attribute<number[]>("perm");
  const shape = order.map((axis) => defined(x.shape[axis], "an axis"));
  const attributes = { T: { type: x.type }, Tperm: INT32 };
  return graph.one("Transpose", [x, graph.integers(order)], { type: x.type, shape }, attributes);
};

const pad: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const paddings = attribute<[number, number][]>("paddings");
  const shape = x.shape.map((length, axis) => length + (paddings[axis] ?? [0, 0])[0] + (paddings[axis] ?? [0, 0])[1]);
  const sides = graph.integers(paddings.flat(), [paddings.length, 2]);
  const attributes = { T: { type: x.type }, Tpaddings: INT32 };
  const value = attribute<number>("constantValue");
  if (value === 0) return graph.one("Pad", [x, sides], { type: x.type, shape }, attributes);
  return graph.one("PadV2", [x, sides, cast(graph, graph.float(value), x.type)], { type: x.type, shape }, attributes);
};

const slice: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const sized = { shape: [...x.shape], rank: x.shape.length } as Tensor;
  const params = slice_util.parseSliceParams(sized, attribute<number[]>("begin"), attribute<number[]>("size"));
  const [begin, size] = params as [number[], number[]];
  const attributes = { T: { type: x.type }, Index: INT32 };
  return graph.one(
    "Slice",
    [x, graph.integers(begin), graph.integers(size)],
    { type: x.type, shape: size },
    attributes,
  );
};

const tile: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const reps = attribute<number[]>("reps");
  if (reps.every((count) => count === 1)) return x;
  const shape = x.shape.map((length, axis) => length * (reps[axis] ?? 1));
  return graph.one(
    "Tile",
    [x, graph.integers(reps)],
    { type: x.type, shape },
    { T: { type: x.type }, Tmultiples: INT32 },
  );
};

const reverse: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const dims = attribute<number | number[]>("dims");
  const axes = (typeof dims === "number" ? [dims] : dims).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  return graph.one("ReverseV2", [x, graph.integers(axes)], x, { T: { type: x.type }, Tidx: INT32 });
};

const concat: Kernel = (call) => {
  const { graph } = call;
  const all = alike(graph, call.inputs);
  const { type, shape: first } = defined(all[0], "a part");
  const axis = call.attribute<number>("axis");
  const at = axis < 0 ? axis + first.length : axis;
  const shape = backend_util.computeOutShape(
    all.map(({ shape: each }) => [...each]),
    at,
  );
  const attributes = { N: { int: all.length }, T: { type }, Tidx: INT32 };
  return graph.one("ConcatV2", [...all, graph.integers([at], [])], { type, shape }, attributes);
};

const pack: Kernel = (call) => {
  const all = alike(call.graph, call.inputs);
  const { type, shape: each } = defined(all[0], "a part");
  const axis = call.attribute<number>("axis");
  const shape = [...each.slice(0, axis), all.length, ...each.slice(axis)];
  return call.graph.one("Pack", all, { type, shape }, { N: { int: all.length }, T: { type }, axis: { int: axis } });
};

const gather: Kernel = ({ graph, input, attribute, unsupported }) => {
  const [x, indices] = [input("x"), input("indices")];
  const axis = attribute<number>("axis");
  if (attribute<number>("batchDims") !== 0) throw unsupported("batch dimensions");
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  const attributes = { Tparams: { type: x.type }, Tindices: INT32, Taxis: INT32, batch_dims: { int: 0 } };
  return graph.one("GatherV2", [x, indices, graph.integers([axis], [])], { type: x.type, shape }, attributes);
};

const oneHot: Kernel = ({ graph, input, attribute }) => {
  const indices = cast(graph, input("indices"), "int32");
  const depth = attribute<number>("depth");
  const type = attribute<DataType>("dtype") as ElementType;
  const [on, off] = [attribute<number>("onValue"), attribute<number>("offValue")].map((value) =>
    cast(graph, graph.float(value), type),
  ) as [Output, Output];
  const attributes = { TI: INT32, T: { type }, axis: { int: -1 } };
  const shape = [...indices.shape, depth];
  return graph.one("OneHot", [indices, graph.integers([depth], []), on, off], { type, shape }, attributes);
};

/** A tensor that holds one value everywhere. */
function filled(
  call: KernelCall,
  shape: readonly number[],
  { value, type }: { value: number; type: ElementType },
): Output {
  const scalar = cast(call.graph, call.graph.float(value), type);
  if (shape.length === 0) return scalar;
  const attributes = { T: { type }, index_type: INT32 };
  return call.graph.one("Fill", [call.graph.integers(shape), scalar], { type, shape }, attributes);
}

function like(value: number): Kernel {
  return (call) => filled(call, call.input("x").shape, { value, type: call.input("x").type });
}

const fill: Kernel = (call) => {
  const type = (call.attribute<DataType | undefined>("dtype") ?? "float32") as ElementType;
  return filled(call, call.attribute<number[]>("shape"), { value: call.attribute<number>("value"), type });
};

const unpack: Kernel = ({ graph, input, attribute }) => {
  const x = input("value");
  const axis = attribute<number>("axis") < 0 ? attribute<number>("axis") + x.shape.length : attribute<number>("axis");
  const count = defined(x.shape[axis], "an axis");
  const outputs = Array.from({ length: count }, () => ({
    type: x.type,
    shape: x.shape.filter((_, at) => at !== axis),
  }));
  return graph.add({
    op: "Unpack",
    inputs: [x],
    attributes: { num: { int: count }, T: { type: x.type }, axis: { int: axis } },
    outputs,
  });
};

const matMul: Kernel = ({ graph, input, attribute }) => {
  const [a, b] = [narrow(graph, input("a")), narrow(graph, input("b"))];
  const [adjA, adjB] = [attribute<boolean>("transposeA"), attribute<boolean>("transposeB")];
  const rows = defined(a.shape.at(adjA ? -1 : -2), "rows");
  const columns = defined(b.shape.at(adjB ? -2 : -1), "columns");
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const form = { type: a.type, shape: [...batch, rows, columns] };
  const plain = a.shape.length === 2 && b.shape.length === 2;
  const attributes = plain
    ? { T: { type: a.type }, transpose_a: { bool: adjA }, transpose_b: { bool: adjB } }
    : { T: { type: a.type }, adj_x: { bool: adjA }, adj_y: { bool: adjB } };
  return graph.one(plain ? "MatMul" : "BatchMatMulV2", [a, b], form, attributes);
};

export const shapes: Readonly<Record<string, Kernel>> = {
  BatchMatMul: matMul,
  Concat: concat,
  ExpandDims: expandDims,
  Fill: fill,
  GatherV2: gather,
  OneHot: oneHot,
  OnesLike: like(1),
  Pack: pack,
  PadV2: pad,
  Reshape: (call) => reshapeTo(call, call.input("x"), sizesOf(call.input("x"), call.attribute<number[]>("shape"))),
  Reverse: reverse,
  Slice: slice,
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
  ZerosLike: like(0),
};
