import type { Size } from "#lib/data/geometry.ts";
import type { Image } from "#lib/data/types.ts";
import type { Axis } from "./taps.ts";

export type PillowInterpolation = "nearest" | "bilinear" | "bicubic" | "box" | "lanczos" | "hamming";

interface Filter {
  /** Half the width of the filter in pixels of the coarser image. */
  readonly support: number;
  weight(distance: number): number;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

const FILTERS: Readonly<Record<Exclude<PillowInterpolation, "nearest">, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(Math.abs(x)) * (0.54 + 0.46 * Math.cos(x * Math.PI))),
  },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x), -0.5) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** `PIL.Image.resize` of uint8 images, to the bit: filters widen with the factor of reduction (antialiasing). */
export function resizePillow(image: Image, size: Size, interpolation: PillowInterpolation): Image {
  if (interpolation === "nearest") return resizeNearest(image, size);
  const filter = FILTERS[interpolation];
  const narrowed = size.width === image.width ? image : resizeWidth(image, size.width, filter);
  return size.height === image.height ? narrowed : resizeHeight(narrowed, size.height, filter);
}

/** The neighbours that mix into one target pixel, and their weights in fixed point. */
export interface Window {
  readonly first: number;
  readonly weights: Int32Array;
}

export const PILLOW_WEIGHT_BITS = 32 - 8 - 2;
const ONE = 1 << PILLOW_WEIGHT_BITS;
const HALF = ONE / 2;

/** One for each target pixel of an axis. */
export function pillowWindows(
  { source, target }: Axis,
  interpolation: Exclude<PillowInterpolation, "nearest">,
): readonly Window[] {
  return computeWindows(source, target, FILTERS[interpolation]);
}

function computeWindows(source: number, target: number, filter: Filter): readonly Window[] {
  const scale = source / target;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const most = Math.ceil(2 * support) + 1;
  const mixture = new Float64Array(most);
  const all = new Int32Array(target * most);
  const windows: Window[] = [];
  for (let index = 0; index < target; index++) {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(source, Math.trunc(centre + support + 0.5)) - first;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = filter.weight((tap + first - centre + 0.5) * (1 / stretch));
      mixture[tap] = weight;
      sum += weight;
    }
    const start = index * most;
    for (let tap = 0; tap < count; tap++) {
      all[start + tap] = toFixedPoint(sum === 0 ? mixture[tap]! : mixture[tap]! * (1 / sum));
    }
    windows.push({ first, weights: all.subarray(start, start + count) });
  }
  return windows;
}

function toFixedPoint(weight: number): number {
  return Math.trunc(weight * ONE + (weight < 0 ? -0.5 : 0.5));
}

function clip(sum: number): number {
  return Math.min(Math.max(sum >> PILLOW_WEIGHT_BITS, 0), 255);
}

function resizeWidth(image: Image, width: number, filter: Filter): Image {
  const { channels, height } = image;
  const windows = computeWindows(image.width, width, filter);
  const data = new Uint8Array(height * width * channels);
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (const window of windows) {
      const start = (y * image.width + window.first) * channels;
      for (let channel = 0; channel < channels; channel++) {
        data[out++] = weigh(image, start + channel, window.weights);
      }
    }
  }
  return { data, height, width, channels };
}

function weigh({ data, channels }: Image, start: number, weights: Int32Array): number {
  let sum = HALF;
  for (let tap = 0; tap < weights.length; tap++) sum += data[start + tap * channels]! * weights[tap]!;
  return clip(sum);
}

function resizeHeight(image: Image, height: number, filter: Filter): Image {
  const rowLength = image.width * image.channels;
  const data = new Uint8Array(height * rowLength);
  const sums = new Int32Array(rowLength);
  computeWindows(image.height, height, filter).forEach(({ first, weights }, y) => {
    sums.fill(HALF);
    weights.forEach((weight, tap) => {
      const start = (first + tap) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i] = sums[i]! + image.data[start + i]! * weight;
    });
    for (let i = 0; i < rowLength; i++) data[y * rowLength + i] = clip(sums[i]!);
  });
  return { data, height, width: image.width, channels: image.channels };
}

function resizeNearest(image: Image, size: Size): Image {
  const { channels } = image;
  const columns = nearestSources(image.width, size.width);
  const rows = nearestSources(image.height, size.height);
  const data = new Uint8Array(size.height * size.width * channels);
  let out = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * image.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) data[out++] = image.data[from + channel]!;
    }
  }
  return { data, height: size.height, width: size.width, channels };
}

/** The source under the centre of each target; Pillow adds the steps up, which matters in the last bit. */
function nearestSources(source: number, target: number): Int32Array {
  const step = source / target;
  let position = step * 0.5;
  return Int32Array.from({ length: target }, () => {
    const at = Math.floor(position);
    position += step;
    return Math.min(at, source - 1);
  });
}
