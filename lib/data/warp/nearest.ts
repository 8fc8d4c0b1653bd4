import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { fused, HALF_EVEN, place, placesOf } from "./place.ts";

/** Each pixel of the result is the nearest one of the image; halves go to the even neighbour, as in OpenCV 5. */
export function warpNearest(image: Image, source: Affine, colour: readonly number[]): Image {
  const { data, height, width, channels } = image;
  const result = new Uint8Array(data.length);
  const border = Uint8Array.from({ length: channels }, (_, channel) => colour[channel]!);
  const places = placesOf(width);
  const { xs, ys } = places;
  for (let y = 0, out = 0; y < height; y++) {
    place(places, source, y, fused);
    for (let x = 0; x < width; x++) {
      const column = xs[x]! + HALF_EVEN - HALF_EVEN;
      const row = ys[x]! + HALF_EVEN - HALF_EVEN;
      const inside = column >= 0 && column < width && row >= 0 && row < height;
      const pixels = inside ? data : border;
      const from = inside ? (row * width + column) * channels : 0;
      for (let channel = 0; channel < channels; channel++) result[out++] = pixels[from + channel]!;
    }
  }
  return { data: result, height, width, channels };
}
