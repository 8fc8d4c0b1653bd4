import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { copyPatch } from "./patch.ts";
import { fused, HALF_EVEN, place, placesOf, type WarpRow } from "./place.ts";

const { floor, fround } = Math;

/**
 * Each pixel of the result mixes the four around its place; single precision with fused multiply-adds, as in OpenCV 5.
 */
export function linearRows(image: Image, source: Affine, border: Uint8Array): WarpRow {
  const { data, height, width, channels } = image;
  const places = placesOf(width);
  const { xs, ys } = places;
  const patch = new Uint8Array(4 * channels);
  return (y, result) => {
    place(places, source, y, fused);
    for (let x = 0, out = y * width * channels; x < width; x++, out += channels) {
      const column = floor(xs[x]!);
      const row = floor(ys[x]!);
      const inside = column >= 0 && column < width - 1 && row >= 0 && row < height - 1;
      if (!inside) copyPatch(image, { column, row, edge: 2, border }, patch);
      const pixels = inside ? data : patch;
      const upper = inside ? (row * width + column) * channels : 0;
      const lower = upper + (inside ? width : 2) * channels;
      const across = xs[x]! - column;
      const down = ys[x]! - row;
      for (let channel = 0; channel < channels; channel++) {
        const left = pixels[upper + channel]!;
        const leftBelow = pixels[lower + channel]!;
        const top = fround(left + across * (pixels[upper + channels + channel]! - left));
        const bottom = fround(leftBelow + across * (pixels[lower + channels + channel]! - leftBelow));
        result[out + channel] = fround(top + down * fround(bottom - top)) + HALF_EVEN - HALF_EVEN;
      }
    }
  };
}
