import type { Image } from "#lib/data/types.ts";
import { clip } from "./lookup.ts";

const { fround } = Math;
const CENTRE = 5;
/** Sum of the weights of the smoothing filter: 5 in the middle, 1 around. */
const WEIGHTS = CENTRE + 8;

/** `factor` times each value and the rest of the smoothed one (`mmcv.adjust_sharpness`); edges are mirrored. */
export function sharpness({ data, height, width, channels }: Image, factor: number): Image {
  const result = new Uint8Array(data.length);
  const share = fround(factor);
  const rest = fround(1 - factor);
  const smoothed = Float32Array.from({ length: 255 * WEIGHTS + 1 }, (_, sum) => rest * Math.round(sum / WEIGHTS));
  const rowLength = width * channels;
  for (let y = 0, at = 0; y < height; y++) {
    const above = mirrored(y - 1, height) * rowLength;
    const middle = y * rowLength;
    const below = mirrored(y + 1, height) * rowLength;
    for (let x = 0; x < width; x++) {
      const left = mirrored(x - 1, width) * channels;
      const right = mirrored(x + 1, width) * channels;
      const here = x * channels;
      for (let channel = 0; channel < channels; channel++, at++) {
        const value = data[at]!;
        const sum =
          data[above + left + channel]! +
          data[above + here + channel]! +
          data[above + right + channel]! +
          data[middle + left + channel]! +
          value * CENTRE +
          data[middle + right + channel]! +
          data[below + left + channel]! +
          data[below + here + channel]! +
          data[below + right + channel]!;
        result[at] = clip(fround(share * value + smoothed[sum]!));
      }
    }
  }
  return { data: result, height, width, channels };
}

/** The index on the other side of the edge, which itself is not repeated. */
function mirrored(at: number, count: number): number {
  if (count === 1) return 0;
  if (at < 0) return -at;
  return at < count ? at : 2 * count - 2 - at;
}
