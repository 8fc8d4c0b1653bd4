import { roundHalfEven, type Size } from "#lib/data/geometry.ts";
import type { Image } from "#lib/data/types.ts";
import { resizeArea } from "./area.ts";
import { resizeLinearly } from "./linear.ts";
import { resizeSeparable, type MixRows } from "./separable.ts";
import { areaLike, centred, centredExactly, computeTaps, FIXED_POINT_BITS } from "./taps.ts";
import { cubicKernel, lanczosKernel, linearKernel, singleCubicKernel } from "./taps.ts";
import type { Axis, TapOptions, Taps } from "./taps.ts";

export type Cv2Interpolation = "nearest" | "bilinear" | "bicubic" | "area" | "lanczos";

/** `cv2.resize` of uint8 images, to the bit. */
export function resizeCv2(image: Image, size: Size, interpolation: Cv2Interpolation): Image {
  return METHODS[interpolation](image, size);
}

type Method = (image: Image, size: Size) => Image;

const METHODS: Readonly<Record<Cv2Interpolation, Method>> = {
  nearest: resizeNearest,
  bilinear: (image, size) => (halves(image, size) ? resizeArea(image, size) : resizeLinear(image, size, linearTaps)),
  bicubic: (image, size) =>
    isSliver(image) ? wide(sliverTaps, mixSliver)(image, size) : wide(cubicTaps, mixExact)(image, size),
  area: (image, size) =>
    image.width >= size.width && image.height >= size.height
      ? resizeArea(image, size)
      : resizeLinear(image, size, areaLikeTaps),
  lanczos: wide(lanczosTaps, mixFixedPoint),
};

/** OpenCV averages 2 x 2 blocks in this case, which is the same but for rounding. */
export function halves(image: Size, size: Size): boolean {
  return image.width === 2 * size.width && image.height === 2 * size.height;
}

/** Of which OpenCV's bicubic resize is in fixed point: an edge has fewer pixels than it mixes. */
export function isSliver({ width, height }: Size): boolean {
  return Math.min(width, height) < CUBIC_TAPS;
}

const CUBIC_TAPS = 4;

function resizeNearest(image: Image, size: Size): Image {
  const { channels } = image;
  const data = new Uint8Array(size.height * size.width * channels);
  const columns = nearestSources({ source: image.width, target: size.width });
  const rows = nearestSources({ source: image.height, target: size.height });
  let out = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * image.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) data[out++] = image.data[from + channel]!;
    }
  }
  return { data, height: size.height, width: size.width, channels };
}

function nearestSources({ source, target }: Axis): Int32Array {
  const scale = 1 / (target / source);
  return Int32Array.from({ length: target }, (_, index) => Math.min(Math.floor(index * scale), source - 1));
}

function resizeLinear(image: Image, size: Size, tapsOf: typeof linearTaps): Image {
  return resizeLinearly(image, size, {
    columns: tapsOf({ source: image.width, target: size.width }, "columns"),
    rows: tapsOf({ source: image.height, target: size.height }, "rows"),
  });
}

function wide(tapsOf: (axis: Axis) => Taps, mixRows: MixRows): Method {
  return (image, size) =>
    resizeSeparable(image, size, {
      columns: tapsOf({ source: image.width, target: size.width }),
      rows: tapsOf({ source: image.height, target: size.height }),
      mixRows,
    });
}

/** Two neighbours, with whole weights. */
export function linearTaps(axis: Axis, along: "columns" | "rows"): Taps {
  return computeTaps(axis, { ...linear(along), locate: centred(axis) });
}

function areaLikeTaps(axis: Axis, along: "columns" | "rows"): Taps {
  return computeTaps(axis, { ...linear(along), locate: areaLike(axis) });
}

function linear(along: "columns" | "rows"): Omit<TapOptions, "locate"> {
  return { count: 2, kernel: linearKernel, fixedPoint: true, snapsToEdge: along === "columns" };
}

/** Four neighbours, with weights in single precision. */
export function cubicTaps(axis: Axis): Taps {
  return computeTaps(axis, {
    count: CUBIC_TAPS,
    kernel: cubicKernel,
    fixedPoint: false,
    locate: centredExactly(axis),
    snapsToEdge: false,
  });
}

function sliverTaps(axis: Axis): Taps {
  return computeTaps(axis, {
    count: CUBIC_TAPS,
    kernel: singleCubicKernel,
    fixedPoint: true,
    locate: centred(axis),
    snapsToEdge: false,
  });
}

function lanczosTaps(axis: Axis): Taps {
  return computeTaps(axis, {
    count: 8,
    kernel: lanczosKernel,
    fixedPoint: true,
    locate: centred(axis),
    snapsToEdge: false,
  });
}

function mixFixedPoint(rows: readonly Float32Array[], weights: Float32Array, target: Uint8Array): void {
  const bits = 2 * FIXED_POINT_BITS;
  for (let i = 0; i < target.length; i++) {
    let sum = 1 << (bits - 1);
    for (let row = 0; row < rows.length; row++) sum += rows[row]![i]! * weights[row]!;
    target[i] = clampByte(sum >> bits);
  }
}

/** OpenCV mixes 8 values at a time, in single precision from the last row to the first, and what is left of a row one by one. */
function mixSliver(rows: readonly Float32Array[], weights: Float32Array, target: Uint8Array): void {
  const shares = weights.map((weight) => weight / 2 ** (2 * FIXED_POINT_BITS));
  const together = target.length - (target.length % 8);
  mixFixedPoint(rows, weights, target);
  for (let i = 0; i < together; i++) {
    let sum = 0;
    for (let row = rows.length - 1; row >= 0; row--)
      sum = Math.fround(sum + Math.fround(rows[row]![i]! * shares[row]!));
    target[i] = clampByte(roundHalfEven(sum));
  }
}

function mixExact(rows: readonly Float32Array[], weights: Float32Array, target: Uint8Array): void {
  for (let i = 0; i < target.length; i++) {
    let sum = 0;
    for (let row = 0; row < rows.length; row++) sum = Math.fround(sum + Math.fround(rows[row]![i]! * weights[row]!));
    target[i] = clampByte(roundHalfEven(sum));
  }
}

function clampByte(value: number): number {
  return Math.min(Math.max(value, 0), 255);
}
