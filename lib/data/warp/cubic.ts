import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { HALF_EVEN, place, placesOf, plain } from "./place.ts";

const { fround } = Math;

/**
 * Each pixel of the result mixes the 4 x 4 around its place by Keys' cubic convolution with a = -0.75; single precision
 * with fused multiply-adds, rows first, as in OpenCV 5.
 */
export function warpCubic(image: Image, source: Affine, colour: readonly number[]): Image {
  const { data, height, width, channels } = image;
  const result = new Uint8Array(data.length);
  const places = placesOf(width);
  const { xs, ys } = places;
  const across = new Float32Array(4);
  const down = new Float32Array(4);
  const patch = new Uint8Array(16 * channels);
  for (let y = 0, out = 0; y < height; y++) {
    place(places, source, y, plain);
    for (let x = 0; x < width; x++, out += channels) {
      const column = Math.floor(xs[x]!) - 1;
      const row = Math.floor(ys[x]!) - 1;
      if (column <= -4 || column >= width || row <= -4 || row >= height) {
        for (let channel = 0; channel < channels; channel++) result[out + channel] = colour[channel]!;
        continue;
      }
      weigh(xs[x]! - column - 1, across);
      weigh(ys[x]! - row - 1, down);
      const inside = column >= 0 && column <= width - 4 && row >= 0 && row <= height - 4;
      if (!inside) copyPatch(image, { column, row, colour }, patch);
      const pixels = inside ? data : patch;
      const first = inside ? (row * width + column) * channels : 0;
      const line = (inside ? width : 4) * channels;
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
  }
  return { data: result, height, width, channels };
}

function mixRow(pixels: Uint8Array, from: number, channels: number, weights: Float32Array): number {
  let sum = fround(weights[0]! * pixels[from]!);
  sum = fround(weights[1]! * pixels[from + channels]! + sum);
  sum = fround(weights[2]! * pixels[from + 2 * channels]! + sum);
  return fround(weights[3]! * pixels[from + 3 * channels]! + sum);
}

function weigh(t: number, weights: Float32Array): void {
  weights[0] = fround(fround(fround(-0.75 * t + 1.5) * t - 0.75) * t);
  weights[1] = fround(fround(fround(1.25 * t - 2.25) * t) * t + 1);
  weights[2] = fround(fround(fround(-1.25 * t + 1.5) * t + 0.75) * t);
  weights[3] = fround(fround(fround(0.75 * t - 0.75) * t) * t);
}

interface PatchPlace {
  readonly column: number;
  readonly row: number;
  readonly colour: readonly number[];
}

/** 4 x 4 pixels of which some lie outside the image. */
function copyPatch({ data, height, width, channels }: Image, at: PatchPlace, patch: Uint8Array): void {
  for (let index = 0, to = 0; index < 16; index++) {
    const column = at.column + (index & 3);
    const row = at.row + (index >> 2);
    const inside = column >= 0 && column < width && row >= 0 && row < height;
    const from = (row * width + column) * channels;
    for (let channel = 0; channel < channels; channel++)
      patch[to++] = inside ? data[from + channel]! : at.colour[channel]!;
  }
}
