import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { frame, HALF_EVEN, place, placesOf, plain, type WarpRow } from "./place.ts";

const { abs, floor, fround, max, min } = Math;

/** Pixels mixed in each direction. */
const TAPS = 4;

/** A sum in double precision that is nearer to a half than this may be rounded otherwise in single precision. */
const DOUBTFUL = 1e-3;

/**
 * Each pixel of the result mixes the 4 x 4 around its place by Keys' cubic convolution with a = -0.75; single precision
 * with fused multiply-adds, rows first, as in OpenCV 5. Sums are made in double precision, and again as OpenCV makes them
 * where that could matter; shears and moves, whose places lie on rows or columns of pixels, mix four pixels only.
 */
export function cubicRows(image: Image, source: Affine, border: readonly number[]): WarpRow {
  const { height, width, channels } = image;
  const { data, line, first } = frame(image, TAPS, border);
  const places = placesOf(width);
  const { xs, ys } = places;
  const across = new Float32Array(TAPS);
  const down = new Float32Array(TAPS);
  return (y, result) => {
    place(places, source, y, plain);
    let [heldX, heldY] = [NaN, NaN];
    let out = y * width * channels;
    for (let x = 0; x < width; x++) {
      const column = floor(xs[x]!);
      const row = floor(ys[x]!);
      const tx = xs[x]! - column;
      const ty = ys[x]! - row;
      if (tx !== heldX) weigh((heldX = tx), across);
      if (ty !== heldY) weigh((heldY = ty), down);
      let at = first + min(max(row, -3), height + 1) * line + min(max(column, -3), width + 1) * channels;
      const end = out + channels;
      if (ty === 0) for (at -= channels; out < end; out++) result[out] = mixLine(data, at++, channels, across);
      else if (tx === 0) for (at -= line; out < end; out++) result[out] = mixLine(data, at++, line, down);
      else for (at -= line + channels; out < end; out++) result[out] = mixSquare(at++);
    }
  };

  function mixSquare(from: number): number {
    const a0 = across[0]!;
    const a1 = across[1]!;
    const a2 = across[2]!;
    const a3 = across[3]!;
    let sum = 0;
    for (let row = 0, at = from; row < TAPS; row++, at += line) {
      const third = at + 2 * channels;
      sum +=
        down[row]! * (a0 * data[at]! + a1 * data[at + channels]! + a2 * data[third]! + a3 * data[third + channels]!);
    }
    return clip(isDoubtful(sum) ? mixExactly(from) : sum);
  }

  function mixExactly(from: number): number {
    let sum = 0;
    for (let row = 0, at = from; row < TAPS; row++, at += line) {
      let mixed = 0;
      for (let tap = 0; tap < TAPS; tap++) mixed = fround(across[tap]! * data[at + tap * channels]! + mixed);
      sum = fround(down[row]! * mixed + sum);
    }
    return sum;
  }
}

/** Four pixels of a row or a column, `step` apart; what lies beside them would add 0. */
function mixLine(pixels: Uint8Array, at: number, step: number, weights: Float32Array): number {
  const first = weights[0]! * pixels[at]!;
  const second = weights[1]! * pixels[at + step]!;
  const third = weights[2]! * pixels[at + 2 * step]!;
  const fourth = weights[3]! * pixels[at + 3 * step]!;
  const sum = first + second + third + fourth;
  return isDoubtful(sum) ? clip(fround(fourth + fround(third + fround(second + fround(first))))) : clip(sum);
}

function isDoubtful(sum: number): boolean {
  return abs(sum - (sum + HALF_EVEN - HALF_EVEN)) > 0.5 - DOUBTFUL;
}

function clip(sum: number): number {
  const rounded = sum + HALF_EVEN - HALF_EVEN;
  return rounded < 0 ? 0 : rounded > 255 ? 255 : rounded;
}

/** The weights of four pixels for a place `t` past the second of them, rounded in OpenCV's order. */
function weigh(t: number, weights: Float32Array): void {
  const u = fround(1 - t);
  const tt = fround(t * t);
  const first = fround(-0.75 * fround(t * fround(u * u)));
  const second = fround(fround(1.25 * t - 2.25) * tt + 1);
  const fourth = fround(-0.75 * fround(u * tt));
  weights[0] = first;
  weights[1] = second;
  weights[2] = fround(fround(1 - first) - second) - fourth;
  weights[3] = fourth;
}
