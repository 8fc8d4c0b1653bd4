import type { Size } from "#lib/data/geometry.ts";
import type { Image } from "#lib/data/types.ts";
import type { Taps } from "./taps.ts";

/** Two taps per axis, with whole weights in fixed point. */
export interface LinearTaps {
  readonly columns: Taps;
  readonly rows: Taps;
}

/**
 * OpenCV's bilinear resize: in whole numbers, which takes a third of the time that `resizeSeparable` would. Holds only
 * the two rows of horizontal sums that the next row of pixels mixes.
 */
export function resizeLinearly(image: Image, size: Size, { columns, rows }: LinearTaps): Image {
  const rowLength = size.width * image.channels;
  const data = new Uint8Array(size.height * rowLength);
  const window = [new Int32Array(rowLength), new Int32Array(rowLength)] as const;
  const held = [-1, -1];
  const columnWeights = Int32Array.from(columns.weights);
  const sumsOf = (source: number): Int32Array => {
    // The taps are neighbours (or the clamped edge), so that an even and an odd row never drop one still needed.
    const sums = window[(source & 1) as 0 | 1];
    if (held[source & 1] !== source) mixColumns(image, { row: source, sources: columns.sources, columnWeights }, sums);
    held[source & 1] = source;
    return sums;
  };
  for (let y = 0; y < size.height; y++) {
    const [upper, lower] = [sumsOf(rows.sources[2 * y]!), sumsOf(rows.sources[2 * y + 1]!)];
    const target = data.subarray(y * rowLength, (y + 1) * rowLength);
    mixRows([upper, lower], [rows.weights[2 * y]!, rows.weights[2 * y + 1]!], target);
  }
  return { data, height: size.height, width: size.width, channels: image.channels };
}

interface RowTaps {
  readonly row: number;
  readonly sources: Int32Array;
  readonly columnWeights: Int32Array;
}

function mixColumns(image: Image, taps: RowTaps, target: Int32Array): void {
  if (image.channels === 3) return mixColourColumns(image, taps, target);
  const { data, width, channels } = image;
  const { row, sources, columnWeights } = taps;
  for (let out = 0; out < target.length; out++) {
    const tap = Math.floor(out / channels) * 2;
    const start = row * width * channels + (out % channels);
    const left = data[start + sources[tap]! * channels]! * columnWeights[tap]!;
    target[out] = left + data[start + sources[tap + 1]! * channels]! * columnWeights[tap + 1]!;
  }
}

/** The same for three channels at once, which takes half of the time. */
function mixColourColumns({ data, width }: Image, { row, sources, columnWeights }: RowTaps, target: Int32Array): void {
  const start = row * width * 3;
  for (let out = 0, tap = 0; out < target.length; out += 3, tap += 2) {
    const left = start + sources[tap]! * 3;
    const right = start + sources[tap + 1]! * 3;
    const leftWeight = columnWeights[tap]!;
    const rightWeight = columnWeights[tap + 1]!;
    target[out] = data[left]! * leftWeight + data[right]! * rightWeight;
    target[out + 1] = data[left + 1]! * leftWeight + data[right + 1]! * rightWeight;
    target[out + 2] = data[left + 2]! * leftWeight + data[right + 2]! * rightWeight;
  }
}

/** OpenCV drops 4 bits before and 16 bits after the product, and rounds the last 2. */
function mixRows(
  [upper, lower]: readonly [Int32Array, Int32Array],
  [upperWeight, lowerWeight]: readonly [number, number],
  target: Uint8Array,
): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = ((((upper[i]! >> 4) * upperWeight) >> 16) + (((lower[i]! >> 4) * lowerWeight) >> 16) + 2) >> 2;
  }
}
