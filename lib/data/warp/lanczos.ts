import { lanczosKernel } from "#lib/data/resize/taps.ts";
import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { copyPatch } from "./patch.ts";
import { HALF_EVEN, type WarpRow } from "./place.ts";

/** Pixels mixed in each direction. */
const TAPS = 8;
const CELL = TAPS * TAPS;
const BEFORE = TAPS / 2 - 1;

/** Places within a pixel that OpenCV tells apart, in each direction. */
const STEP_BITS = 5;
const STEPS = 1 << STEP_BITS;

/** Bits behind the point while a place is computed. */
const PLACE_BITS = 10;
const PLACE_SHIFT = PLACE_BITS - STEP_BITS;
const HALF_STEP = 1 << (PLACE_SHIFT - 1);

const WEIGHT_BITS = 15;
const ONE = 1 << WEIGHT_BITS;

let table: Int32Array | undefined;

/**
 * Each pixel of the result mixes the 8 x 8 around its place, which is cut to 1/32 of a pixel; in fixed point, as in
 * OpenCV.
 */
export function lanczosRows(image: Image, source: Affine, border: Uint8Array): WarpRow {
  const { data, height, width, channels } = image;
  const weights = (table ??= weightTable());
  const alongX = fixedSteps(source[0], width);
  const alongY = fixedSteps(source[3], width);
  const patch = new Uint8Array(CELL * channels);
  return (y, result) => {
    const startX = fixed(source[1] * y + source[2]) + HALF_STEP;
    const startY = fixed(source[4] * y + source[5]) + HALF_STEP;
    for (let x = 0, out = y * width * channels; x < width; x++, out += channels) {
      const placeX = (startX + alongX[x]!) >> PLACE_SHIFT;
      const placeY = (startY + alongY[x]!) >> PLACE_SHIFT;
      const column = (placeX >> STEP_BITS) - BEFORE;
      const row = (placeY >> STEP_BITS) - BEFORE;
      const cell = ((placeY & (STEPS - 1)) * STEPS + (placeX & (STEPS - 1))) * CELL;
      const inside = column >= 0 && row >= 0 && column <= width - TAPS && row <= height - TAPS;
      if (!inside) copyPatch(image, { column, row, edge: TAPS, border }, patch);
      const square = {
        pixels: inside ? data : patch,
        first: inside ? (row * width + column) * channels : 0,
        line: (inside ? width : TAPS) * channels,
        channels,
      };
      for (let channel = 0; channel < channels; channel++) {
        result[out + channel] = clip(sumOf(square, channel, weights, cell));
      }
    }
  };
}

/** 8 x 8 pixels. */
interface Square {
  readonly pixels: Uint8Array;
  readonly first: number;
  /** From one row to the next. */
  readonly line: number;
  readonly channels: number;
}

function sumOf({ pixels, first, line, channels }: Square, channel: number, weights: Int32Array, cell: number): number {
  let sum = 0;
  let weight = cell;
  for (let row = 0, from = first + channel; row < TAPS; row++, from += line) {
    const end = from + TAPS * channels;
    for (let at = from; at < end; at += channels) sum += pixels[at]! * weights[weight++]!;
  }
  return sum;
}

function clip(sum: number): number {
  return Math.min(Math.max((sum + ONE / 2) >> WEIGHT_BITS, 0), 255);
}

function fixedSteps(by: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, x) => fixed(by * x));
}

/** In fixed point, halves to even, held within 32 bits. */
function fixed(value: number): number {
  const rounded = value * (1 << PLACE_BITS) + HALF_EVEN - HALF_EVEN;
  return Math.min(Math.max(rounded, -(2 ** 31)), 2 ** 31 - 1);
}

/** The weights for each place within a pixel. */
function weightTable(): Int32Array {
  const lines = Array.from({ length: STEPS }, (_, step) => {
    const line = new Float32Array(TAPS);
    lanczosKernel(step / STEPS, line);
    return line;
  });
  const weights = new Int32Array(STEPS * STEPS * CELL); // [y, x, row, column]
  let start = 0;
  for (const vertical of lines) {
    for (const horizontal of lines) {
      const cell = weights.subarray(start, (start += CELL));
      for (let at = 0; at < CELL; at++) {
        const weight = Math.fround(vertical[Math.floor(at / TAPS)]! * horizontal[at % TAPS]!);
        cell[at] = Math.min(weight * ONE + HALF_EVEN - HALF_EVEN, ONE - 1);
      }
      makeSumOne(cell);
    }
  }
  return weights;
}

/** What rounding left over goes to the greatest, or is taken from the least, of the four in the middle, as in OpenCV. */
function makeSumOne(cell: Int32Array): void {
  const excess = cell.reduce((sum, weight) => sum + weight, 0) - ONE;
  const middle = [0, 1, TAPS, TAPS + 1].map((offset) => (TAPS / 2) * (TAPS + 1) + offset);
  const better = excess < 0 ? (a: number, b: number) => a > b : (a: number, b: number) => a < b;
  const changed = middle.reduce((best, at) => (better(cell[at]!, cell[best]!) ? at : best));
  cell[changed] = cell[changed]! - excess;
}
