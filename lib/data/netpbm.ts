import { type PlainImage, undecodable } from "./plain-image.ts";

/** Bits, grey or colour, by the number after the P; 1 to 3 are text, 4 to 6 bytes. */
type Kind = "bits" | "grey" | "colour";
const KINDS: Readonly<Record<string, Kind>> = { 1: "bits", 2: "grey", 3: "colour", 4: "bits", 5: "grey", 6: "colour" };
const MAX_LEVEL = 65_535;
const BLANK = new Set([..." \t\n\v\f\r"].map((letter) => letter.charCodeAt(0)));

/**
 * A PBM, PGM or PPM, whose pixels become OpenCV's (`grfmt_pxm.cpp`): samples of two bytes are cut to the upper one, and
 * those of one byte are not scaled by their greatest level.
 * @throws PetageError IMAGE_UNDECODABLE
 */
export function openNetpbm(bytes: Uint8Array): PlainImage {
  const number = String.fromCharCode(bytes[1] ?? 0);
  const kind = KINDS[number] ?? "bits";
  const tokens = new Tokens(bytes, 2);
  const width = tokens.number();
  const height = tokens.number();
  const levels = kind === "bits" ? 1 : tokens.number();
  if (width === 0 || height === 0 || levels === 0 || levels > MAX_LEVEL) {
    throw undecodable(`the header of the netpbm image says ${width} x ${height}, ${levels} levels`);
  }
  const shape = { width, height, kind, levels };
  if (number <= "3") return { width, height, read: () => inBgr(shape, textSamples(tokens, shape)) };
  const raw = bytes.subarray(tokens.at + 1); // after the one blank that ends the header
  return { width, height, read: () => inBgr(shape, byteSamples(raw, shape)) };
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly kind: Kind;
  readonly levels: number;
}

function samplesOfRow({ width, kind }: Shape): number {
  return kind === "colour" ? width * 3 : width;
}

function rowBytes(shape: Shape): number {
  if (shape.kind === "bits") return Math.ceil(shape.width / 8);
  return samplesOfRow(shape) * (shape.levels > 255 ? 2 : 1);
}

/** Samples as 0 to 255, in the order of the file. */
function textSamples(tokens: Tokens, shape: Shape): Uint8Array {
  const { kind, levels, height } = shape;
  const samples = new Uint8Array(samplesOfRow(shape) * height);
  for (let at = 0; at < samples.length; at++) {
    if (kind === "bits") samples[at] = tokens.number(1) === 0 ? 255 : 0;
    else {
      const sample = Math.min(tokens.number(), levels);
      samples[at] = levels > 255 ? sample >> 8 : Math.trunc((sample * 255) / levels);
    }
  }
  return samples;
}

function byteSamples(raw: Uint8Array, shape: Shape): Uint8Array {
  const { kind, levels, height } = shape;
  if (raw.length < rowBytes(shape) * height) throw undecodable("the netpbm image is cut short");
  const count = samplesOfRow(shape) * height;
  if (kind === "bits") return bitSamples(raw, shape);
  if (levels > 255) return Uint8Array.from({ length: count }, (_, at) => raw[at * 2] ?? 0);
  return raw.subarray(0, count);
}

/** A set bit is black; rows begin at whole bytes. */
function bitSamples(raw: Uint8Array, shape: Shape): Uint8Array {
  const { width, height } = shape;
  const samples = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const row = raw.subarray(y * rowBytes(shape));
    for (let x = 0; x < width; x++) samples[to++] = (row[x >> 3] ?? 0) & (0x80 >> (x & 7)) ? 0 : 255;
  }
  return samples;
}

function inBgr({ kind }: Shape, samples: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(kind === "colour" ? samples.length : samples.length * 3);
  const step = kind === "colour" ? 3 : 1;
  for (let from = 0, to = 0; to < pixels.length; from += step, to += 3) {
    for (let part = 0; part < 3; part++) pixels[to + part] = samples[step === 1 ? from : from + 2 - part] ?? 0;
  }
  return pixels;
}

/** Whole numbers between blanks and comments. */
class Tokens {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** @throws PetageError IMAGE_UNDECODABLE where there is none. */
  number(maxDigits = Infinity): number {
    this.#skipBlanks();
    const start = this.at;
    let value = 0;
    for (; this.at - start < maxDigits; this.at++) {
      const digit = (this.#bytes[this.at] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (this.at > start) return value;
    throw undecodable(
      start >= this.#bytes.length ? "the netpbm image is cut short" : "the netpbm image has no number where one is due",
    );
  }

  #skipBlanks(): void {
    for (; this.at < this.#bytes.length; this.at++) {
      const byte = this.#bytes[this.at] ?? 0;
      if (byte === 35)
        while (this.at < this.#bytes.length && this.#bytes[this.at] !== 10 && this.#bytes[this.at] !== 13) this.at++;
      else if (!BLANK.has(byte)) return;
    }
  }
}
