import type { Image } from "./types.ts";

/** What tells photos that look alike, however they were compressed or scaled. */
export interface Look {
  /** Which of the 8 x 8 lowest frequencies are strong: 64 bits, as two words. */
  readonly hash: readonly [number, number];
  /** The photo at 16 x 16 pixels, BGR, without its mean colour: levels, rounded. */
  readonly thumbnail: Int16Array; // [16, 16, 3]
}

/** Bits in which the hashes of a photo and its copy may differ, of 64. */
export const MAX_HASH_DISTANCE = 6;
/**
 * Levels in which their thumbnails may differ, in the mean. Copies of drawn pets compressed to quality 40, scaled by 0.5
 * or 2, or blurred differ by at most 3.3; of 1200 drawn pets the two that are most alike differ by 3.9.
 */
export const MAX_THUMBNAIL_DIFFERENCE = 3.5;

const GRID = 32;
const THUMBNAIL = 16;
const FREQUENCIES = 8;
/** A photo that varies by less is of one colour, and looks like all others that are. */
const MIN_DEVIATION = 2;

/**
 * The perceptual hash of decoded pixels (pHash: Zauner, "Implementation and benchmarking of perceptual image hash
 * functions", 2010): luminance at 32 x 32, its cosine transform, and of the 8 x 8 lowest frequencies those above their
 * median. `undefined` for a picture of one colour.
 */
export function lookOf(image: Image): Look | undefined {
  const cells = averages(image);
  const thumbnail = thumbnailOf(cells);
  const variance = thumbnail.reduce((sum, value) => sum + value ** 2, 0) / thumbnail.length;
  if (variance < MIN_DEVIATION ** 2) return undefined;
  const frequencies = lowFrequencies(luminance(cells));
  const sorted = frequencies.toSorted();
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  const word = (from: number): number =>
    frequencies
      .subarray(from, from + 32)
      .reduce((bits, value, bit) => (value > median ? bits | (1 << bit) : bits), 0) >>> 0;
  return { hash: [word(0), word(32)], thumbnail };
}

/** Whether one is a copy of the other, as far as one can see. */
export function looksLike(a: Look, b: Look): boolean {
  return hashDistance(a, b) <= MAX_HASH_DISTANCE && thumbnailDifference(a, b) <= MAX_THUMBNAIL_DIFFERENCE;
}

/** Hamming distance of two hashes, 0 to 64. */
export function hashDistance(a: Look, b: Look): number {
  return ones(a.hash[0] ^ b.hash[0]) + ones(a.hash[1] ^ b.hash[1]);
}

function thumbnailDifference({ thumbnail: a }: Look, { thumbnail: b }: Look): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / a.length;
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The mean colour of each cell of a grid over the image. [32, 32, 3] */
function averages(image: Image): Float64Array {
  const cells = new Float64Array(GRID * GRID * 3);
  for (let row = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      const [rows, columns] = [bounds(row, image.height), bounds(column, image.width)];
      cells.set(meanColour(image, rows, columns), (row * GRID + column) * 3);
    }
  }
  return cells;
}

type Bounds = readonly [from: number, to: number];

function meanColour({ data, width }: Image, [top, bottom]: Bounds, [left, right]: Bounds): number[] {
  let [blue, green, red] = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let at = (y * width + left) * 3, end = (y * width + right) * 3; at < end; at += 3) {
      blue += data[at] ?? 0;
      green += data[at + 1] ?? 0;
      red += data[at + 2] ?? 0;
    }
  }
  const count = (bottom - top) * (right - left);
  return [blue / count, green / count, red / count];
}

/** The pixels of a cell along one edge, one at least. */
function bounds(cell: number, length: number): Bounds {
  const from = Math.floor((cell * length) / GRID);
  return [from, Math.max(from + 1, Math.floor(((cell + 1) * length) / GRID))];
}

function thumbnailOf(cells: Float64Array): Int16Array {
  const small = new Float64Array(THUMBNAIL * THUMBNAIL * 3);
  const mean = [0, 0, 0];
  for (let at = 0; at < cells.length; at++) {
    const [row, column, channel] = [Math.floor(at / (GRID * 3)), Math.floor(at / 3) % GRID, at % 3];
    const place = ((row >> 1) * THUMBNAIL + (column >> 1)) * 3 + channel;
    small[place] = (small[place] ?? 0) + (cells[at] ?? 0) / 4;
    mean[channel] = (mean[channel] ?? 0) + (cells[at] ?? 0) / (GRID * GRID);
  }
  return Int16Array.from(small, (value, at) => Math.round(value - (mean[at % 3] ?? 0)));
}

/** Rec. 601 luma. [32, 32] */
function luminance(cells: Float64Array): Float64Array {
  return Float64Array.from({ length: GRID * GRID }, (_, at) => {
    const [blue = 0, green = 0, red = 0] = cells.subarray(at * 3, at * 3 + 3);
    return 0.114 * blue + 0.587 * green + 0.299 * red;
  });
}

/** cos((2 x + 1) u pi / 64) at [u, x]. */
const COSINES = Float64Array.from({ length: FREQUENCIES * GRID }, (_, at) => {
  const [u, x] = [Math.floor(at / GRID), at % GRID];
  return Math.cos(((2 * x + 1) * u * Math.PI) / (2 * GRID));
});

/** The cosine transform (type II, not normalized), its 8 x 8 lowest frequencies. [8, 8] */
function lowFrequencies(values: Float64Array): Float64Array {
  const rows = new Float64Array(GRID * FREQUENCIES); // [y, v]
  for (let y = 0; y < GRID; y++) {
    for (let v = 0; v < FREQUENCIES; v++) rows[y * FREQUENCIES + v] = sumOf(v, (x) => values[y * GRID + x] ?? 0);
  }
  const result = new Float64Array(FREQUENCIES * FREQUENCIES); // [u, v]
  for (let u = 0; u < FREQUENCIES; u++) {
    for (let v = 0; v < FREQUENCIES; v++) result[u * FREQUENCIES + v] = sumOf(u, (y) => rows[y * FREQUENCIES + v] ?? 0);
  }
  return result;
}

function sumOf(frequency: number, value: (at: number) => number): number {
  let sum = 0;
  for (let at = 0; at < GRID; at++) sum += (COSINES[frequency * GRID + at] ?? 0) * value(at);
  return sum;
}
