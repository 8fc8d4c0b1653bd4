import { backend_util } from "@tensorflow/tfjs-core";
import type { Graph, Output } from "#lib/engine/graph/graph.ts";
import { alike, narrow } from "#lib/engine/graph/kernel.ts";
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
  /** Zeros around the image, which are added by a node of their own; the convolution then needs none. */
  readonly padding: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };
  readonly attributes: {
    readonly strides: { readonly ints: readonly number[] };
    readonly padding: { readonly text: "SAME" | "VALID" };
    readonly data_format: { readonly text: "NHWC" };
  };
}

const NONE = { top: 0, bottom: 0, left: 0, right: 0 };

/**
 * Explicit padding becomes Pad and VALID: TensorFlow's gradients of convolutions with explicit padding miss oneDNN's fast
 * path, by which they are several times slower, in bfloat16 up to a hundred times.
 */
function windowOf(call: KernelCall, info: Info): Window {
  const pad = call.attribute<Padding>("pad");
  const { padInfo, strideHeight, strideWidth } = info;
  const isSame = pad === "same";
  const { top, bottom, left, right } = padInfo;
  return {
    info,
    padding: isSame ? NONE : { top, bottom, left, right },
    attributes: {
      strides: { ints: [1, strideHeight, strideWidth, 1] },
      padding: { text: isSame ? "SAME" : "VALID" },
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

/** The shape of an image with its padding. */
function paddedShape({ padding, info }: Window): Size4 {
  const { top, bottom, left, right } = padding;
  return [info.batchSize, info.inHeight + top + bottom, info.inWidth + left + right, info.inChannels];
}

function padded(graph: Graph, x: Output, window: Window): Output {
  if (isBare(window)) return x;
  const { top, bottom, left, right } = window.padding;
  const sides = graph.integers([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  const attributes = { T: { type: x.type }, Tpaddings: { type: "int32" } } as const;
  return graph.one("Pad", [x, sides], { type: x.type, shape: paddedShape(window) }, attributes);
}

function isBare({ padding: { top, bottom, left, right } }: Window): boolean {
  return top + bottom + left + right === 0;
}

const convolve: Kernel = (call) => {
  const { graph, input } = call;
  const [x, filter] = [narrow(graph, input("x")), narrow(graph, input("filter"))];
  const window = convolutionWindow(call, x.shape, filter.shape);
  const attributes = { T: { type: x.type }, ...window.attributes, dilations: dilationsOf(window) };
  return graph.one(
    "Conv2D",
    [padded(graph, x, window), filter],
    { type: x.type, shape: window.info.outShape },
    attributes,
  );
};

function dilationsOf({ info }: Window): { readonly ints: readonly number[] } {
  return { ints: [1, info.dilationHeight, info.dilationWidth, 1] };
}

const inputGradient: Kernel = (call) => {
  const { graph, input, attribute } = call;
  const [dy, filter] = [narrow(graph, input("dy")), narrow(graph, input("filter"))];
  const window = convolutionWindow(call, attribute<number[]>("inputShape"), filter.shape);
  const shape = paddedShape(window);
  const attributes = { T: { type: dy.type }, ...window.attributes, dilations: dilationsOf(window) };
  const inputs = [graph.integers(shape), filter, dy];
  const gradient = graph.one("Conv2DBackpropInput", inputs, { type: dy.type, shape }, attributes);
  return cropped(graph, gradient, window);
};

function cropped(graph: Graph, x: Output, window: Window): Output {
  if (isBare(window)) return x;
  const { info, padding } = window;
  const size = [info.batchSize, info.inHeight, info.inWidth, info.inChannels];
  const begin = graph.integers([0, padding.top, padding.left, 0]);
  const attributes = { T: { type: x.type }, Index: { type: "int32" } } as const;
  return graph.one("Slice", [x, begin, graph.integers(size)], { type: x.type, shape: size }, attributes);
}

const filterGradient: Kernel = (call) => {
  const { graph, input, attribute } = call;
  const [x, dy] = [narrow(graph, input("x")), narrow(graph, input("dy"))];
  const shape = attribute<number[]>("filterShape");
  const window = convolutionWindow(call, x.shape, shape);
  const attributes = { T: { type: dy.type }, ...window.attributes, dilations: dilationsOf(window) };
  const inputs = [padded(graph, x, window), graph.integers(shape), dy];
  return graph.one("Conv2DBackpropFilter", inputs, { type: dy.type, shape }, attributes);
};

function poolWindow(call: KernelCall, image: readonly number[]): Window {
  const size = call.attribute<number | [number, number]>("filterSize");
  const strides = call.attribute<number | [number, number]>("strides");
  const window = windowOf(
    call,
    backend_util.computePool2DInfo(size4(image), size, strides, 1, call.attribute<Padding>("pad")),
  );
  if (!isBare(window)) throw call.unsupported("numbers as padding");
  return window;
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
  const all = alike(graph, [input("input"), input("output"), input("dy")]);
  const [x] = all as [Output];
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
