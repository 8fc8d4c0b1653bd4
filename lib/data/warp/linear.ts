import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { frame, fused, HALF_EVEN, place, placesOf, type WarpRow } from "./place.ts";

const { floor, fround, max, min } = Math;

/**
 * Each pixel of the result mixes the four around its place; single precision with fused multiply-adds, as in OpenCV 5.
 */
export function linearRows(image: Image, source: Affine, border: readonly number[]): WarpRow {
  const { height, width, channels } = image;
  const { data, line, first } = frame(image, 2, border);
  const places = placesOf(width);
  const { xs, ys } = places;
  return (y, result) => {
    place(places, source, y, fused);
    let out = y * width * channels;
    for (let x = 0; x < width; x++) {
      const column = floor(xs[x]!);
      const row = floor(ys[x]!);
      const across = xs[x]! - column;
      const down = ys[x]! - row;
      let at = first + min(max(row, -2), height) * line + min(max(column, -2), width) * channels;
      for (const end = out + channels; out < end; out++, at++) {
        const left = data[at]!;
        const leftBelow = data[at + line]!;
        const top = fround(left + across * (data[at + channels]! - left));
        const bottom = fround(leftBelow + across * (data[at + line + channels]! - leftBelow));
        result[out] = fround(top + down * fround(bottom - top)) + HALF_EVEN - HALF_EVEN;
      }
    }
  };
}
