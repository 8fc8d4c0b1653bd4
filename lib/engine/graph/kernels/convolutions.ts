import { backend_util } from "@tensorflow/tfjs-core";
import type { Output } from "#lib/engine/graph/graph.ts";
import { cast, narrow } from "#lib/engine/graph/kernel.ts";
import type { Kernel, KernelCall } from "#lib/engine/graph/kernel.ts";

type Size4 = [number, number, number, number];
type Padding = Parameters<typeof backend_util.computeConv2DInfo>[4];
type Info = ReturnType<typeof backend_util.computeConv2DInfo>;

function size4(shape: readonly number[]): Size4 {
  return [...shape] as unknown as Size4;
}

/** How a window moves over an image. */
interface Window {
  readonly info: Info;
  readonly attributes: {
    readonly strides: { readonly ints: readonly number[] };
    readonly padding: { readonly text: "SAME" | "VALID" };
    readonly data_format: { readonly text: "NHWC" };
  };
}

/**
 * Other padding is `tf.pad` and "valid", as op by op: TensorFlow's gradients of convolutions with explicit padding miss
 * oneDNN's fast path, by which they are several times slower, in bfloat16 up to a hundred times.
 */
function windowOf(call: KernelCall, info: Info): Window {
  const pad = call.attribute<Padding>("pad");
  if (pad !== "same" && pad !== "valid") throw call.unsupported("padding by numbers; pad before it");
  return {
    info,
    attributes: {
      strides: { ints: [1, info.strideHeight, info.strideWidth, 1] },
      padding: { text: pad === "same" ? "SAME" : "VALID" },
      data_format: { text: "NHWC" },
    },
  };
}

function convolutionWindow(call: KernelCall, image: readonly number[], filter: readonly number[]): Window {
  const strides = call.attribute<number | [number, number]>("strides");
  const dilations = call.attribute<number | [number, number]>("dilations") ?? 1;
  if ((call.attribute<string | undefined>("dataFormat") ?? "NHWC") !== "NHWC") throw call.unsupported("NCHW");
  const pad = call.attribute<Padding>("pad");
  return windowOf(call, backend_util.computeConv2DInfo(size4(image), size4(filter), strides, dilations, pad));
}

const convolve: Kernel = (call) => {
  const { graph, input } = call;
  const [x, filter] = [narrow(graph, input("x")), narrow(graph, input("filter"))];
  const window = convolutionWindow(call, x.shape, filter.shape);
  const attributes = { T: { type: x.type }, ...window.attributes, dilations: dilationsOf(window) };
  return graph.one("Conv2D", [x, filter], { type: x.type, shape: window.info.outShape }, attributes);
};

function dilationsOf({ info }: Window): { readonly ints: readonly number[] } {
  return { ints: [1, info.dilationHeight, info.dilationWidth, 1] };
}

const inputGradient: Kernel = (call) => {
  const { graph, input, attribute } = call;
  const [dy, filter] = [narrow(graph, input("dy")), narrow(graph, input("filter"))];
  const shape = attribute<number[]>("inputShape");
  const window = convolutionWindow(call, shape, filter.shape);
  const attributes = { T: { type: dy.type }, ...window.attributes, dilations: dilationsOf(window) };
  const inputs = [graph.integers(shape), filter, dy];
  return graph.one("Conv2DBackpropInput", inputs, { type: dy.type, shape }, attributes);
};

const filterGradient: Kernel = (call) => {
  const { graph, input, attribute } = call;
  const [x, dy] = [narrow(graph, input("x")), narrow(graph, input("dy"))];
  const shape = attribute<number[]>("filterShape");
  const window = convolutionWindow(call, x.shape, shape);
  const attributes = { T: { type: dy.type }, ...window.attributes, dilations: dilationsOf(window) };
  const inputs = [x, graph.integers(shape), dy];
  return graph.one("Conv2DBackpropFilter", inputs, { type: dy.type, shape }, attributes);
};

function poolWindow(call: KernelCall, image: readonly number[]): Window {
  const size = call.attribute<number | [number, number]>("filterSize");
  const strides = call.attribute<number | [number, number]>("strides");
  return windowOf(call, backend_util.computePool2DInfo(size4(image), size, strides, 1, call.attribute<Padding>("pad")));
}

function poolAttributes({ info, attributes }: Window, { type }: Output) {
  return { T: { type }, ...attributes, ksize: { ints: [1, info.filterHeight, info.filterWidth, 1] } };
}

function pool(op: string): Kernel {
  return (call) => {
    const x = call.input("x");
    const window = poolWindow(call, x.shape);
    return call.graph.one(op, [x], { type: x.type, shape: window.info.outShape }, poolAttributes(window, x));
  };
}

const maxPoolGradient: Kernel = (call) => {
  const { graph, input } = call;
  const x = input("input");
  const all = [x, input("output"), cast(graph, input("dy"), x.type)];
  return graph.one("MaxPoolGrad", all, x, poolAttributes(poolWindow(call, x.shape), x));
};

const avgPoolGradient: Kernel = (call) => {
  const { graph, input } = call;
  const [dy, { shape }] = [input("dy"), input("input")];
  const inputs = [graph.integers(shape), dy];
  return graph.one("AvgPoolGrad", inputs, { type: dy.type, shape }, poolAttributes(poolWindow(call, shape), dy));
};

export const convolutions: Readonly<Record<string, Kernel>> = {
  AvgPool: pool("AvgPool"),
  AvgPoolGrad: avgPoolGradient,
  Conv2D: convolve,
  Conv2DBackpropFilter: filterGradient,
  Conv2DBackpropInput: inputGradient,
  MaxPool: pool("MaxPool"),
  MaxPoolGrad: maxPoolGradient,
};
