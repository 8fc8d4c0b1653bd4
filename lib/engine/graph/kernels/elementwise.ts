import { backend_util } from "@tensorflow/tfjs-core";
import type { DataType } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import type { Graph, Output } from "#lib/engine/graph/graph.ts";
import { alike, cast, simple, wide } from "#lib/engine/graph/kernel.ts";
import type { Kernel, KernelCall } from "#lib/engine/graph/kernel.ts";

function broadcast(...inputs: readonly Output[]): number[] {
  return inputs.reduce<number[]>(
    (shape, input) => backend_util.assertAndGetBroadcastShape(shape, [...input.shape]),
    [],
  );
}

function operands(call: KernelCall): readonly [Output, Output] {
  const [a, b] = alike(call.graph, [call.input("a"), call.input("b")]);
  return [defined(a, "a"), defined(b, "b")];
}

function binary(op: string): Kernel {
  return (call) => {
    const inputs = operands(call);
    return simple(call.graph, op, inputs, broadcast(...inputs));
  };
}

function comparison(op: string): Kernel {
  return (call) => {
    const [a, b] = operands(call);
    const attributes = op.startsWith("Logical") ? {} : { T: { type: a.type } };
    return call.graph.one(op, [a, b], { type: "bool", shape: broadcast(a, b) }, attributes);
  };
}

/** @param keeps whether it is as good in bfloat16 */
function unary(op: string, { keeps = false } = {}): Kernel {
  return ({ graph, input }) => {
    const x = keeps ? input("x") : wide(graph, input("x"));
    return simple(graph, op, [x], x.shape);
  };
}

function test(op: string): Kernel {
  return ({ graph, input }) => {
    const x = wide(graph, input("x"));
    return graph.one(op, [x], { type: "bool", shape: x.shape }, { T: { type: x.type } });
  };
}

/** What tfjs's `step` of a value was made of: times a gradient it is the gradient of that value's ReLU. */
const steps = new WeakMap<Output, Output>();

const step: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const slope = attribute<number>("alpha");
  const isPositive = graph.one(
    "Greater",
    [x, zero(graph, x)],
    { type: "bool", shape: x.shape },
    { T: { type: x.type } },
  );
  const ones = cast(graph, isPositive, x.type);
  if (slope !== 0) {
    const below = simple(graph, "Mul", [cast(graph, graph.float(slope), x.type), minus(graph, ones)], x.shape);
    return simple(graph, "AddV2", [ones, below], x.shape);
  }
  steps.set(ones, x);
  return ones;
};

function zero(graph: Graph, { type }: Output): Output {
  return cast(graph, graph.float(0), type);
}

/** 1 - x */
function minus(graph: Graph, x: Output): Output {
  return simple(graph, "Sub", [cast(graph, graph.float(1), x.type), x], x.shape);
}

/** A product, and ReLU's gradient where it is one: tfjs writes it as `gradient * step(x)`. */
const multiply: Kernel = (call) => {
  const [a, b] = [call.input("a"), call.input("b")];
  for (const [gradient, mask] of [
    [a, b],
    [b, a],
  ] as const) {
    const x = steps.get(mask);
    if (x && gradient.shape.join() === x.shape.join()) return reluGradient(call.graph, gradient, x);
  }
  return binary("Mul")(call);
};

/** By ReLU's output, which is there anyway: its input need not be kept for it. */
function reluGradient(graph: Graph, gradient: Output, x: Output): Output {
  const relu = simple(graph, "Relu", [x], x.shape);
  return simple(graph, "ReluGrad", [cast(graph, gradient, x.type), relu], x.shape);
}

/** A sum, and a bias where it is one: TensorFlow fuses that with the convolution before it, and with what is added then. */
const add: Kernel = (call) => {
  const [a, b] = operands(call);
  for (const [x, bias] of [
    [a, b],
    [b, a],
  ] as const) {
    if (bias.shape.length !== 1 || x.shape.length < 2 || x.shape.at(-1) !== bias.shape[0] || x.type === "int32")
      continue;
    return call.graph.one("BiasAdd", [x, bias], x, { T: { type: x.type }, data_format: { text: "NHWC" } });
  }
  return simple(call.graph, "AddV2", [a, b], broadcast(a, b));
};

const select: Kernel = ({ graph, input }) => {
  const condition = input("condition");
  const [t, e] = alike(graph, [input("t"), input("e")]) as [Output, Output];
  return graph.one(
    "SelectV2",
    [condition, t, e],
    { type: t.type, shape: broadcast(condition, t, e) },
    { T: { type: t.type } },
  );
};

const clip: Kernel = ({ graph, input, attribute }) => {
  const x = wide(graph, input("x"));
  const limits = [attribute<number>("clipValueMin"), attribute<number>("clipValueMax")];
  return simple(graph, "ClipByValue", [x, ...limits.map((limit) => cast(graph, graph.float(limit), x.type))], x.shape);
};

const leakyRelu: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const attributes = { T: { type: x.type }, alpha: { float: attribute<number>("alpha") } };
  return graph.one("LeakyRelu", [x], x, attributes);
};

const addN: Kernel = ({ graph, inputs }) => {
  const all = alike(graph, inputs);
  const [first] = all;
  const { type, shape } = defined(first, "a summand");
  return graph.one("AddN", all, { type, shape }, { N: { int: all.length }, T: { type } });
};

const convert: Kernel = ({ graph, input, attribute }) => {
  const x = input("x");
  const dtype = attribute<DataType>("dtype");
  if (dtype === "float32" && x.type === "bfloat16") return x;
  return cast(graph, x, dtype as "float32" | "int32" | "bool");
};

const KEEPS = { keeps: true };

export const elementwise: Readonly<Record<string, Kernel>> = {
  Add: add,
  Sub: binary("Sub"),
  Multiply: multiply,
  RealDiv: binary("RealDiv"),
  FloorDiv: binary("FloorDiv"),
  Mod: binary("FloorMod"),
  Maximum: binary("Maximum"),
  Minimum: binary("Minimum"),
  Pow: binary("Pow"),
  SquaredDifference: binary("SquaredDifference"),
  Equal: comparison("Equal"),
  NotEqual: comparison("NotEqual"),
  Greater: comparison("Greater"),
  GreaterEqual: comparison("GreaterEqual"),
  Less: comparison("Less"),
  LessEqual: comparison("LessEqual"),
  LogicalAnd: comparison("LogicalAnd"),
  LogicalOr: comparison("LogicalOr"),
  LogicalNot: ({ graph, input }) => graph.one("LogicalNot", [input("x")], input("x")),
  IsNan: test("IsNan"),
  IsInf: test("IsInf"),
  IsFinite: test("IsFinite"),
  Abs: unary("Abs"),
  Ceil: unary("Ceil"),
  Cos: unary("Cos"),
  Elu: unary("Elu"),
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Expm1: unary("Expm1"),
  Floor: unary("Floor"),
  Log: unary("Log"),
  Log1p: unary("Log1p"),
  Neg: unary("Neg", KEEPS),
  Reciprocal: unary("Reciprocal"),
  Relu: unary("Relu", KEEPS),
  Relu6: unary("Relu6", KEEPS),
  Round: unary("Round"),
  Rsqrt: unary("Rsqrt"),
  Selu: unary("Selu"),
  Sigmoid: unary("Sigmoid"),
  Sign: unary("Sign"),
  Sin: unary("Sin"),
  Softplus: unary("Softplus"),
  Sqrt: unary("Sqrt"),
  Square: unary("Square"),
  Tanh: unary("Tanh"),
  AddN: addN,
  Cast: convert,
  ClipByValue: clip,
  Identity: ({ input }) => input("x"),
  LeakyRelu: leakyRelu,
  Select: select,
  Step: step,
};
