import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { fused, HALF_EVEN, place, placesOf, type WarpRow } from "./place.ts";

/** Each pixel of the result is the nearest one of the image; halves go to the even neighbour, as in OpenCV 5. */
export function nearestRows({ data, height, width, channels }: Image, source: Affine, border: Uint8Array): WarpRow {
  const places = placesOf(width);
  const { xs, ys } = places;
  return (y, result) => {
    place(places, source, y, fused);
    let out = y * width * channels;
    for (let x = 0; x < width; x++) {
      const column = xs[x]! + HALF_EVEN - HALF_EVEN;
      const row = ys[x]! + HALF_EVEN - HALF_EVEN;
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      const pixels = inside ? data : border;
      const from = inside ? (row * width + column) * channels : 0;
      for (let channel = 0; channel < channels; channel++) result[out++] = pixels[from + channel]!;
    }
  };
}
