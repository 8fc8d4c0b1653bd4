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
  const side = width === 1 ? 0 : channels;
  const columns = new Uint16Array(rowLength); // of three values each
  for (let y = 0; y < height; y++) {
    const start = y * rowLength;
    const above = mirrored(y - 1, height) * rowLength;
    const below = mirrored(y + 1, height) * rowLength;
    for (let x = 0; x < rowLength; x++) columns[x] = data[above + x]! + data[start + x]! + data[below + x]!;
    for (let x = 0; x < rowLength; x++) {
      const left = x < channels ? x + side : x - channels;
      const right = x >= rowLength - channels ? x - side : x + channels;
      const value = data[start + x]!;
      const sum = columns[left]! + columns[x]! + columns[right]! + value * (CENTRE - 1);
      result[start + x] = clip(fround(share * value + smoothed[sum]!));
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
