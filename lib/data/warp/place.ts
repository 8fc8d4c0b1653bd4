import { pad } from "#lib/data/pixels.ts";
import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";

/** Added to a number below 2^51 and taken away again, it rounds to whole numbers, halves to even. */
export const HALF_EVEN = 1.5 * 2 ** 52;

/** Writes one row of the result. */
export type WarpRow = (y: number, result: Uint8Array) => void;

/** An image with a margin, so that whatever is mixed for a place can be read without asking where the image ends. */
export interface Framed {
  readonly data: Uint8Array;
  /** From one row to the next. */
  readonly line: number;
  /** Where the image's first pixel lies. */
  readonly first: number;
}

export function frame(image: Image, margin: number, border: readonly number[]): Framed {
  const { data, width, channels } = pad(image, { left: margin, top: margin, right: margin, bottom: margin }, border);
  const line = width * channels;
  return { data, line, first: margin * (line + channels) };
}

/** Where in the image the pixels of one row of the result lie, in single precision. */
export interface Places {
  readonly xs: Float32Array;
  readonly ys: Float32Array;
}

export function placesOf(width: number): Places {
  return { xs: new Float32Array(width), ys: new Float32Array(width) };
}

/** How OpenCV rounds; it computes some pixels at once, and what is left of a row one by one. */
type Along = (line: readonly [number, number, number], y: number, places: Float32Array) => void;

export function place({ xs, ys }: Places, source: Affine, y: number, along: Along): void {
  along([source[0], source[1], source[2]], y, xs);
  along([source[3], source[4], source[5]], y, ys);
}

const PIXELS_AT_ONCE = 16; // with AVX2

/** With fused multiply-adds, for the nearest pixel and for mixing four. */
export function fused(
  [stepX, stepY, offset]: readonly [number, number, number],
  y: number,
  places: Float32Array,
): void {
  const step = Math.fround(stepX);
  const share = Math.fround(y * Math.fround(stepY));
  const start = Math.fround(share + Math.fround(offset));
  const together = places.length - (places.length % PIXELS_AT_ONCE);
  for (let x = 0; x < together; x++) places[x] = step * x + start;
  for (let x = together; x < places.length; x++) places[x] = Math.fround(step * x + share) + Math.fround(offset);
}

/** Rounded after each multiplication, for mixing sixteen. */
export function plain(
  [stepX, stepY, offset]: readonly [number, number, number],
  y: number,
  places: Float32Array,
): void {
  const step = Math.fround(stepX);
  const start = Math.fround(Math.fround(y * Math.fround(stepY)) + Math.fround(offset));
  for (let x = 0; x < places.length; x++) places[x] = Math.fround(step * x) + start;
}
