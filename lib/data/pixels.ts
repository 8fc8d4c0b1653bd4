import { defined } from "#lib/base/assert.ts";
import type { Box } from "./geometry.ts";
import type { Image } from "./types.ts";

/** The pixels inside `box`, which lies within the image. */
export function crop(image: Image, box: Box): Image {
  const { channels } = image;
  const { top, left, height, width } = box;
  if (height === image.height && width === image.width) return image;
  const rowLength = width * channels;
  const data = new Uint8Array(height * rowLength);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(start, start + rowLength), y * rowLength);
  }
  return { data, height, width, channels };
}

/** How many pixels to add on each side. */
export interface Padding {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What is mirrored at an edge: with the outermost row (symmetric), or without it (reflect). */
export type EdgeMode = "edge" | "reflect" | "symmetric";

/** One colour, per channel in the image's order; or the outermost pixels, repeated or mirrored. */
export type Fill = readonly number[] | EdgeMode;

/** Frames the image (`cv2.copyMakeBorder`). */
export function pad(image: Image, padding: Padding, fill: Fill): Image {
  const height = image.height + padding.top + padding.bottom;
  const width = image.width + padding.left + padding.right;
  const data = new Uint8Array(height * width * image.channels);
  const framed = { data, height, width, channels: image.channels };
  if (typeof fill === "string") mirrorInto(framed, image, { ...padding, mode: fill });
  else frameInto(framed, image, { ...padding, colour: fill });
  return framed;
}

function frameInto({ data, width, height }: Image, image: Image, frame: Padding & { colour: readonly number[] }): void {
  const { channels } = image;
  const colour = (_: unknown, at: number): number => defined(frame.colour[at % channels], "a colour for each channel");
  const line = Uint8Array.from({ length: width * channels }, colour);
  for (let y = 0; y < height; y++) data.set(line, y * line.length);
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width * channels, (y + 1) * image.width * channels);
    data.set(row, ((frame.top + y) * width + frame.left) * channels);
  }
}

function mirrorInto({ data, width, height }: Image, image: Image, frame: Padding & { mode: EdgeMode }): void {
  const { channels } = image;
  const columns = sourcesOf(image.width, { before: frame.left, count: width, mode: frame.mode });
  let out = 0;
  for (const row of sourcesOf(image.height, { before: frame.top, count: height, mode: frame.mode })) {
    for (const column of columns) {
      const from = (row * image.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) data[out++] = image.data[from + channel] ?? 0;
    }
  }
}

interface Edge {
  /** Rows (or columns) added before the first. */
  readonly before: number;
  readonly count: number;
  readonly mode: EdgeMode;
}

/** Which row (or column) of the image each one of the result is. */
function sourcesOf(length: number, { before, count, mode }: Edge): readonly number[] {
  const last = length - 1;
  const period = mode === "reflect" ? 2 * last : 2 * length;
  return Array.from({ length: count }, (_, index) => {
    const at = index - before;
    if (mode === "edge" || last === 0) return Math.min(Math.max(at, 0), last);
    const within = ((at % period) + period) % period;
    return within <= last ? within : period - within - (mode === "reflect" ? 0 : 1);
  });
}

/** The image with other pixels inside `box`: one colour, per channel, or bytes for all of them. [H, W, C] */
export function erase(image: Image, box: Box, pixels: readonly number[] | Uint8Array): Image {
  const { channels } = image;
  const data = image.data.slice();
  const rowLength = box.width * channels;
  const count = pixels instanceof Uint8Array ? pixels.length : channels;
  for (let y = 0, from = 0; y < box.height; y++) {
    const start = ((box.top + y) * image.width + box.left) * channels;
    for (let at = start; at < start + rowLength; at++, from++) data[at] = pixels[from % count] ?? 0;
  }
  return { ...image, data };
}

export type FlipDirection = "horizontal" | "vertical" | "diagonal";

export function flip(image: Image, direction: FlipDirection): Image {
  const { height, width } = image;
  const lastRow = (height - 1) * width;
  const lastColumn = width - 1;
  switch (direction) {
    case "horizontal":
      return walk(image, { start: lastColumn, alongRow: -1, alongColumn: width });
    case "vertical":
      return walk(image, { start: lastRow, alongRow: 1, alongColumn: -width });
    case "diagonal":
      return walk(image, { start: lastRow + lastColumn, alongRow: -1, alongColumn: -width });
  }
}

/** In which order source pixels are visited: where to begin and how far the next one in a target row or column is. */
interface Path {
  readonly start: number;
  readonly alongRow: number;
  readonly alongColumn: number;
}

function walk(image: Image, path: Path): Image {
  const { channels, height, width } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0, out = 0; y < height; y++) {
    let from = (path.start + y * path.alongColumn) * channels;
    for (let x = 0; x < width; x++, from += path.alongRow * channels) {
      for (let channel = 0; channel < channels; channel++) data[out++] = image.data[from + channel] ?? 0;
    }
  }
  return { data, height, width, channels };
}

/** Swaps the first and third channel in place: RGB to BGR and back. */
export function swapRedAndBlue(data: Uint8Array): void {
  for (let i = 0; i + 2 < data.length; i += 3) {
    const first = data[i] ?? 0;
    data[i] = data[i + 2] ?? 0;
    data[i + 2] = first;
  }
}

/** BGR as RGB, or the other way round. */
export function swapChannels(image: Image): Image {
  const data = image.data.slice();
  if (image.channels === 3) swapRedAndBlue(data);
  return { ...image, data };
}

/**
 * OpenCV's arithmetic, on cyan, magenta, yellow and black where 255 is full ink. A JPEG stores them the other way round,
 * which libvips has undone.
 */
export function cmykToBgr(inks: Uint8Array): Uint8Array {
  const data = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const light = 255 - (inks[from + 3] ?? 0);
    for (let ink = 0; ink < 3; ink++) data[to + 2 - ink] = light - (((inks[from + ink] ?? 0) * light) >> 8);
  }
  return data;
}
