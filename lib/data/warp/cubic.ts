import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { copyPatch } from "./patch.ts";
import { HALF_EVEN, place, placesOf, plain, type WarpRow } from "./place.ts";

const { floor, fround } = Math;

/** Pixels mixed in each direction. */
const TAPS = 4;

/**
 * Each pixel of the result mixes the 4 x 4 around its place by Keys' cubic convolution with a = -0.75; single precision
 * with fused multiply-adds, rows first, as in OpenCV 5.
 */
export function cubicRows(image: Image, source: Affine, border: Uint8Array): WarpRow {
  const { data, height, width, channels } = image;
  const places = placesOf(width);
  const { xs, ys } = places;
  const across = new Float32Array(TAPS);
  const down = new Float32Array(TAPS);
  const patch = new Uint8Array(TAPS * TAPS * channels);
  return (y, result) => {
    place(places, source, y, plain);
    for (let x = 0, out = y * width * channels; x < width; x++, out += channels) {
      const column = floor(xs[x]!) - 1;
      const row = floor(ys[x]!) - 1;
      weigh(xs[x]! - column - 1, across);
      weigh(ys[x]! - row - 1, down);
      const inside = column >= 0 && column <= width - TAPS && row >= 0 && row <= height - TAPS;
      if (!inside) copyPatch(image, { column, row, edge: TAPS, border }, patch);
      const pixels = inside ? data : patch;
      const first = inside ? (row * width + column) * channels : 0;
      const line = (inside ? width : TAPS) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const from = first + channel;
        let sum = fround(down[0]! * mixRow(pixels, from, channels, across));
        sum = fround(down[1]! * mixRow(pixels, from + line, channels, across) + sum);
        sum = fround(down[2]! * mixRow(pixels, from + 2 * line, channels, across) + sum);
        sum = fround(down[3]! * mixRow(pixels, from + 3 * line, channels, across) + sum);
        const rounded = sum + HALF_EVEN - HALF_EVEN;
        result[out + channel] = rounded < 0 ? 0 : rounded > 255 ? 255 : rounded;
      }
    }
  };
}

function mixRow(pixels: Uint8Array, from: number, channels: number, weights: Float32Array): number {
  let sum = fround(weights[0]! * pixels[from]!);
  sum = fround(weights[1]! * pixels[from + channels]! + sum);
  sum = fround(weights[2]! * pixels[from + 2 * channels]! + sum);
  return fround(weights[3]! * pixels[from + 3 * channels]! + sum);
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
