import { undecodable } from "./plain-image.ts";

/** The second byte after a 0; any other is a number of pixels that follow. */
const ESCAPE = { endOfLine: 0, endOfImage: 1, jump: 2 } as const;

export interface RunsHeader {
  readonly width: number;
  readonly height: number;
  /** 4 or 8. */
  readonly bits: number;
  /** BGR, [256, 3]. */
  readonly palette: Uint8Array;
}

/**
 * The pixels of a BMP's RLE4 or RLE8, in the order of its rows, BGR. What is skipped gets the first colour, as in OpenCV.
 * Each code takes two bytes and no pixel is written twice: the work is bounded by the file and its pixels.
 */
export function readRuns(bytes: Uint8Array, { width, height, bits, palette }: RunsHeader): Uint8Array {
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  let read = 0;
  let at = 0;
  /** Pixels have just filled a line, so that its end adds none. */
  let full = false;
  const next = (): number => {
    const byte = bytes[read++];
    if (byte === undefined) throw undecodable("the BMP is cut short");
    return byte;
  };
  /** A line's pixels do not run on into the next. */
  const put = (count: number, nextByte: () => number): void => {
    if (count > width - (at % width)) throw undecodable("a run of the BMP is longer than its line");
    for (let nth = 0, byte = 0; nth < count; nth++) {
      if (nth % perByte === 0) byte = nextByte();
      indices[at++] = bits === 8 ? byte : nth % 2 === 0 ? byte >> 4 : byte & 15;
    }
    full = at % width === 0;
  };
  const skip = (count: number): void => {
    at += count;
    full = false;
  };
  while (at < indices.length) {
    const count = next();
    const code = next();
    if (count > 0) put(count, () => code);
    else if (code > ESCAPE.jump) {
      put(code, next);
      read += Math.ceil(code / perByte) % 2; // to the next word
    } else if (code === ESCAPE.endOfImage) break;
    else if (code === ESCAPE.jump) skip(next() + next() * width);
    else skip(full ? 0 : width - (at % width));
  }
  return coloured(indices, palette);
}

function coloured(indices: Uint8Array, palette: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(indices.length * 3);
  for (let at = 0, to = 0; at < indices.length; at++) {
    const entry = (indices[at] ?? 0) * 3;
    for (let part = 0; part < 3; part++) pixels[to++] = palette[entry + part] ?? 0;
  }
  return pixels;
}
