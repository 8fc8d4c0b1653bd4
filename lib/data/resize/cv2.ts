import { roundHalfEven, type Size } from "#lib/data/geometry.ts";
import type { Image } from "#lib/data/types.ts";
import { resizeArea } from "./area.ts";
import { resizeLinearly } from "./linear.ts";
import { resizeSeparable, type MixRows } from "./separable.ts";
import { areaLike, centred, computeTaps, cubicKernel, FIXED_POINT_BITS, lanczosKernel, linearKernel } from "./taps.ts";
import type { Axis, TapOptions, Taps } from "./taps.ts";

export type Cv2Interpolation = "nearest" | "bilinear" | "bicubic" | "area" | "lanczos";

/** `cv2.resize` of uint8 images, to the bit. */
export function resizeCv2(image: Image, size: Size, interpolation: Cv2Interpolation): Image {
  return METHODS[interpolation](image, size);
}

type Method = (image: Image, size: Size) => Image;

const METHODS: Readonly<Record<Cv2Interpolation, Method>> = {
  nearest: resizeNearest,
  bilinear: (image, size) => (halves(image, size) ? resizeArea(image, size) : resizeLinear(image, size, centred)),
  bicubic: wide({ count: 4, kernel: cubicKernel, fixedPoint: false }, mixExact),
  area: (image, size) =>
    image.width >= size.width && image.height >= size.height
      ? resizeArea(image, size)
      : resizeLinear(image, size, areaLike),
  lanczos: wide({ count: 8, kernel: lanczosKernel, fixedPoint: true }, mixFixedPoint),
};

/** OpenCV averages 2 x 2 blocks in this case, which is the same but for rounding. */
function halves(image: Image, size: Size): boolean {
  return image.width === 2 * size.width && image.height === 2 * size.height;
}

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

function resizeLinear(image: Image, size: Size, locate: (axis: Axis) => TapOptions["locate"]): Image {
  const columns = { source: image.width, target: size.width };
  const rows = { source: image.height, target: size.height };
  const options = { count: 2, kernel: linearKernel, fixedPoint: true };
  return resizeLinearly(image, size, {
    columns: computeTaps(columns, { ...options, locate: locate(columns), snapsToEdge: true }),
    rows: computeTaps(rows, { ...options, locate: locate(rows), snapsToEdge: false }),
  });
}

function wide(options: Pick<TapOptions, "count" | "kernel" | "fixedPoint">, mixRows: MixRows): Method {
  const taps = (axis: Axis): Taps => computeTaps(axis, { ...options, locate: centred(axis), snapsToEdge: false });
  return (image, size) =>
    resizeSeparable(image, size, {
      columns: taps({ source: image.width, target: size.width }),
      rows: taps({ source: image.height, target: size.height }),
      mixRows,
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
