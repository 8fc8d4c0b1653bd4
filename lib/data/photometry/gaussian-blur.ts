import type { Image } from "#lib/data/types.ts";

/** Box blurs that imitate a Gaussian one. */
const PASSES = 3;
const ONE = 2 ** 24;

/** `PIL.ImageFilter.GaussianBlur`: three box blurs along the rows, then three along the columns; `radius` is the deviation in pixels. */
export function gaussianBlur(image: Image, radius: number): Image {
  const box = boxOf(boxRadius(radius));
  if (box.radius === 0) return image;
  const { height, width, channels } = image;
  const buffers = [new Uint8Array(image.data.length), new Uint8Array(image.data.length)] as const;
  let from = image.data;
  for (let pass = 0; pass < 2 * PASSES; pass++) {
    const to = buffers[(pass & 1) as 0 | 1];
    const blur = pass < PASSES ? blurRows : blurColumns;
    blur({ from, to, height, width, channels }, box);
    from = to;
  }
  return { data: from, height, width, channels };
}

/** Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended box filtering" (SSVM 2011), in single precision as in Pillow. */
function boxRadius(deviation: number): number {
  const { fround, sqrt, floor } = Math;
  const sigma = fround(deviation);
  const variance = fround(fround(sigma * sigma) / PASSES);
  const length = fround(sqrt(12 * variance + 1));
  const whole = fround(floor((length - 1) / 2));
  const numerator = fround((2 * whole + 1) * (whole * (whole + 1) - fround(3 * variance)));
  const denominator = fround(6 * fround(variance - fround((whole + 1) * (whole + 1))));
  return fround(whole + fround(numerator / denominator));
}

/** A box blur whose radius is not whole: the outermost values count in part. */
interface Box {
  readonly radius: number;
  /** Values on either side that count wholly. */
  readonly whole: number;
  /** In fixed point. */
  readonly weight: number;
  readonly edgeWeight: number;
}

function boxOf(radius: number): Box {
  const whole = Math.trunc(radius);
  const weight = Math.floor(Math.fround(ONE / Math.fround(radius * 2 + 1))); // a float in Pillow, too
  return { radius, whole, weight, edgeWeight: Math.floor((ONE - (whole * 2 + 1) * weight) / 2) };
}

interface Pass {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function blurRows({ from, to, height, width, channels }: Pass, { whole, weight, edgeWeight }: Box): void {
  const rowLength = width * channels;
  for (let start = 0; start < height * rowLength; start += rowLength) {
    for (let first = start; first < start + channels; first++) {
      const last = first + rowLength - channels;
      let sum = from[first]! * (whole + 1);
      for (let tap = 0; tap < whole; tap++) sum += from[Math.min(first + tap * channels, last)]!;
      let left = first - (whole + 1) * channels;
      let right = first + whole * channels;
      for (let at = first; at <= last; at += channels, left += channels, right += channels) {
        const before = from[left < first ? first : left]!;
        const after = right + channels;
        sum += from[right > last ? last : right]! - before;
        // The store cuts to a whole number.
        to[at] = (sum * weight + (before + from[after > last ? last : after]!) * edgeWeight + ONE / 2) / ONE;
      }
    }
  }
}

/** Row by row, with a sum for each column. */
function blurColumns({ from, to, height, width, channels }: Pass, { whole, weight, edgeWeight }: Box): void {
  const rowLength = width * channels;
  const row = (y: number): number => Math.min(Math.max(y, 0), height - 1) * rowLength;
  const sums = new Int32Array(rowLength);
  for (let x = 0; x < rowLength; x++) sums[x] = from[x]! * (whole + 1);
  for (let tap = 0; tap < whole; tap++) {
    for (let x = 0, at = row(tap); x < rowLength; x++) sums[x] = sums[x]! + from[at + x]!;
  }
  for (let y = 0; y < height; y++) {
    const above = row(y - whole - 1);
    const below = row(y + whole);
    const beyond = row(y + whole + 1);
    for (let x = 0, at = y * rowLength; x < rowLength; x++, at++) {
      const before = from[above + x]!;
      const sum = sums[x]! + from[below + x]! - before;
      sums[x] = sum;
      to[at] = (sum * weight + (before + from[beyond + x]!) * edgeWeight + ONE / 2) / ONE;
    }
  }
}
