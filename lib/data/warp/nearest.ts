import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { frame, fused, HALF_EVEN, place, placesOf, type WarpRow } from "./place.ts";

const { max, min } = Math;

/** Each pixel of the result is the nearest one of the image; halves go to the even neighbour, as in OpenCV 5. */
export function nearestRows(image: Image, source: Affine, border: readonly number[]): WarpRow {
  const { height, width, channels } = image;
  const { data, line, first } = frame(image, 1, border);
  const places = placesOf(width);
  const { xs, ys } = places;
  return (y, result) => {
    place(places, source, y, fused);
    let out = y * width * channels;
    for (let x = 0; x < width; x++) {
      const column = min(max(xs[x]! + HALF_EVEN - HALF_EVEN, -1), width);
      const row = min(max(ys[x]! + HALF_EVEN - HALF_EVEN, -1), height);
      let at = first + row * line + column * channels;
      for (const end = out + channels; out < end; out++) result[out] = data[at++]!;
    }
  };
}
