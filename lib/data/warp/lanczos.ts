import { lanczosKernel } from "#lib/data/resize/taps.ts";
import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { frame, HALF_EVEN, type WarpRow } from "./place.ts";

const { max, min } = Math;

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
export function lanczosRows(image: Image, source: Affine, border: readonly number[]): WarpRow {
  const { height, width, channels } = image;
  const { data, line, first } = frame(image, TAPS, border);
  const weights = (table ??= weightTable());
  const alongX = fixedSteps(source[0], width);
  const alongY = fixedSteps(source[3], width);
  return (y, result) => {
    const startX = fixed(source[1] * y + source[2]) + HALF_STEP;
    const startY = fixed(source[4] * y + source[5]) + HALF_STEP;
    let out = y * width * channels;
    for (let x = 0; x < width; x++) {
      const placeX = (startX + alongX[x]!) >> PLACE_SHIFT;
      const placeY = (startY + alongY[x]!) >> PLACE_SHIFT;
      const column = min(max((placeX >> STEP_BITS) - BEFORE, -TAPS), width);
      const row = min(max((placeY >> STEP_BITS) - BEFORE, -TAPS), height);
      const cell = ((placeY & (STEPS - 1)) * STEPS + (placeX & (STEPS - 1))) * CELL;
      let at = first + row * line + column * channels;
      for (const end = out + channels; out < end; out++) result[out] = mixSquare(at++, cell);
    }
  };

  function mixSquare(from: number, cell: number): number {
    let sum = 0;
    let weight = cell;
    for (let row = 0, start = from; row < TAPS; row++, start += line) {
      const end = start + TAPS * channels;
      for (let at = start; at < end; at += channels) sum += data[at]! * weights[weight++]!;
    }
    return clip(sum);
  }
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
