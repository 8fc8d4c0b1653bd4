import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { fused, HALF_EVEN, place, placesOf } from "./place.ts";

/** Each pixel of the result mixes the four around its place, or the border where the image ends; single precision, as in OpenCV 5. */
export function warpLinear(image: Image, source: Affine, colour: readonly number[]): Image {
  const { data, height, width, channels } = image;
  const result = new Uint8Array(data.length);
  const places = placesOf(width);
  const { xs, ys } = places;
  const corners = new Float64Array(4);
  for (let y = 0, out = 0; y < height; y++) {
    place(places, source, y, fused);
    for (let x = 0; x < width; x++, out += channels) {
      const column = Math.floor(xs[x]!);
      const row = Math.floor(ys[x]!);
      const across = xs[x]! - column;
      const down = ys[x]! - row;
      if (column >= 0 && column < width - 1 && row >= 0 && row < height - 1) {
        const upper = (row * width + column) * channels;
        const lower = upper + width * channels;
        for (let channel = 0; channel < channels; channel++) {
          const left = data[upper + channel]!;
          const leftBelow = data[lower + channel]!;
          const top = Math.fround(left + across * (data[upper + channels + channel]! - left));
          const bottom = Math.fround(leftBelow + across * (data[lower + channels + channel]! - leftBelow));
          result[out + channel] = Math.fround(top + down * Math.fround(bottom - top)) + HALF_EVEN - HALF_EVEN;
        }
      } else if (column < -1 || column >= width || row < -1 || row >= height) {
        for (let channel = 0; channel < channels; channel++) result[out + channel] = colour[channel]!;
      } else {
        for (let channel = 0; channel < channels; channel++) {
          cornersOf(image, { column, row, channel, border: colour[channel]! }, corners);
          result[out + channel] = mix(corners, across, down);
        }
      }
    }
  }
  return { data: result, height, width, channels };
}

interface CornerPlace {
  readonly column: number;
  readonly row: number;
  readonly channel: number;
  /** What lies around the image. */
  readonly border: number;
}

function cornersOf({ data, height, width, channels }: Image, at: CornerPlace, corners: Float64Array): void {
  for (let corner = 0; corner < 4; corner++) {
    const column = at.column + (corner & 1);
    const row = at.row + (corner >> 1);
    const inside = column >= 0 && column < width && row >= 0 && row < height;
    corners[corner] = inside ? data[(row * width + column) * channels + at.channel]! : at.border;
  }
}

function mix(corners: Float64Array, across: number, down: number): number {
  const top = Math.fround(corners[0]! + across * (corners[1]! - corners[0]!));
  const bottom = Math.fround(corners[2]! + across * (corners[3]! - corners[2]!));
  return Math.fround(top + down * Math.fround(bottom - top)) + HALF_EVEN - HALF_EVEN;
}
