import { type PlainImage, undecodable } from "./plain-image.ts";
import { readRuns } from "./bmp-runs.ts";

/** Headers are of 12 bytes (OS/2), or of 40 and more. */
const OS2_HEADER_BYTES = 12;
const INFO_HEADER_BYTES = 40;
/** The size of the header, from which on everything else is counted. */
const HEADER_AT = 14;
/** Where three masks are, within a header or behind it; one with a fourth ends at 56. */
const MASKS_AT = HEADER_AT + INFO_HEADER_BYTES;
const MASKED_HEADER_BYTES = 56;

/** What is stored how: bits of a pixel, by the number of the compression. */
const STORED: Readonly<Record<number, readonly number[]>> = { 0: [1, 4, 8, 16, 24, 32], 1: [8], 2: [4], 3: [16, 32] };

interface Header {
  readonly width: number;
  readonly height: number;
  readonly fromTop: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Of the pixels. */
  readonly start: number;
  /** BGR, [256, 3]: black where the file names no colour. */
  readonly palette: Uint8Array;
}

/** Puts the BGR of `count` pixels, whose bytes begin at `from`, to `out`. */
type ReadRow = (from: number, out: Uint8Array) => void;

/**
 * A Windows or OS/2 bitmap, whose pixels become OpenCV's (`grfmt_bmp.cpp`): alpha dropped, five bits shifted to eight,
 * other masks scaled and cut.
 * @throws PetageError IMAGE_UNDECODABLE
 */
export function openBmp(bytes: Uint8Array): PlainImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view);
  const { width, height, compression, start } = header;
  const inRuns = compression === 1 || compression === 2;
  const read = (): Uint8Array => (inRuns ? readRuns(bytes.subarray(start), header) : readRows(view, header));
  return { width, height, read: () => upright(read(), header) };
}

function readHeader(view: DataView): Header {
  const size = view.byteLength < HEADER_AT + OS2_HEADER_BYTES ? 0 : view.getUint32(HEADER_AT, true);
  const os2 = size === OS2_HEADER_BYTES;
  if ((!os2 && size < INFO_HEADER_BYTES) || HEADER_AT + size > view.byteLength) {
    throw undecodable("the BMP has no header that is known");
  }
  const width = os2 ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = os2 ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(os2 ? 24 : 28, true);
  const compression = os2 ? 0 : view.getUint32(30, true);
  if (width <= 0 || height === 0) throw undecodable(`the BMP claims ${width} x ${height} pixels`);
  if (!STORED[compression]?.includes(bits)) {
    throw undecodable(`the BMP has ${bits} bits a pixel and the compression ${compression}`);
  }
  const palette = readPalette(view, { size, bits, used: os2 ? 0 : view.getUint32(46, true) });
  const start = view.getUint32(10, true);
  return { width, height: Math.abs(height), fromTop: height < 0, bits, compression, start, palette };
}

function readPalette(
  view: DataView,
  stored: { readonly size: number; readonly bits: number; readonly used: number },
): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  const { size, bits, used } = stored;
  if (bits > 8) return palette;
  const entryBytes = size === OS2_HEADER_BYTES ? 3 : 4;
  const count = used === 0 ? 2 ** bits : used;
  const at = HEADER_AT + size;
  if (count > 256 || at + count * entryBytes > view.byteLength) throw undecodable(`the BMP claims ${count} colours`);
  for (let entry = 0; entry < count; entry++) {
    for (let part = 0; part < 3; part++) palette[entry * 3 + part] = view.getUint8(at + entry * entryBytes + part);
  }
  return palette;
}

/** How a row is read; all that can be wrong with the masks is found here. */
function rowReader(view: DataView, { bits, compression, palette }: Header): ReadRow {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (bits === 24) return (from, out) => out.set(bytes.subarray(from, from + out.length));
  if (bits <= 8) return (from, out) => readIndices(bytes.subarray(from), { bits, palette }, out);
  const parts = bits === 16 ? partsOf16(view, compression) : partsOf32(view, compression);
  const step = bits / 8;
  return (from, out) => {
    for (let at = from, to = 0; to < out.length; at += step) {
      const value = bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
      for (const part of parts) out[to++] = part(value);
    }
  };
}

function readIndices(
  row: Uint8Array,
  { bits, palette }: { readonly bits: number; readonly palette: Uint8Array },
  out: Uint8Array,
): void {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  for (let x = 0, to = 0; to < out.length; x++) {
    const byte = row[Math.floor(x / perByte)] ?? 0;
    const index = ((byte >> (8 - bits * ((x % perByte) + 1))) & mask) * 3;
    for (let part = 0; part < 3; part++) out[to++] = palette[index + part] ?? 0;
  }
}

type Part = (pixel: number) => number;

/** Blue, green and red of 16 bits: those of 5-6-5 or 5-5-5, moved to the top of a byte. */
function partsOf16(view: DataView, compression: number): readonly Part[] {
  const masks = compression === 3 ? readMasks(view, 3) : [0x7c00, 0x3e0, 0x1f];
  const name = masks.join();
  if (name === [0xf800, 0x7e0, 0x1f].join()) return [(p) => p << 3, (p) => (p >> 3) & ~3, (p) => (p >> 8) & ~7];
  if (name === [0x7c00, 0x3e0, 0x1f].join()) return [(p) => p << 3, (p) => (p >> 2) & ~7, (p) => (p >> 7) & ~7];
  throw undecodable("the BMP has masks for 16 bits that are neither 5-6-5 nor 5-5-5");
}

/** Of 32 bits: as the masks say where a header of its own holds them, which OpenCV asks for; else a byte each. */
function partsOf32(view: DataView, compression: number): readonly Part[] {
  const masked = compression === 3 && view.getUint32(HEADER_AT, true) >= MASKED_HEADER_BYTES;
  const [red = 0, green = 0, blue = 0] = masked ? readMasks(view, 3) : [0xff0000, 0xff00, 0xff];
  return [blue, green, red].map(scaled);
}

/** The bits of a mask as 0 to 255, cut to a whole number, in single precision as OpenCV computes. */
function scaled(mask: number): Part {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const factor = Math.fround(255 / (mask >>> shift));
  return (pixel) => Math.trunc(Math.fround(((pixel & mask) >>> shift) * factor));
}

function readMasks(view: DataView, count: number): number[] {
  if (MASKS_AT + count * 4 > view.byteLength) throw undecodable("the BMP is cut short");
  return Array.from({ length: count }, (_, index) => view.getUint32(MASKS_AT + index * 4, true));
}

function readRows(view: DataView, header: Header): Uint8Array {
  const { width, height, bits, start } = header;
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (start + rowBytes * height > view.byteLength) throw undecodable("the BMP is cut short");
  const readRow = rowReader(view, header);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    readRow(start + y * rowBytes, pixels.subarray(y * width * 3, (y + 1) * width * 3));
  }
  return pixels;
}

/** Rows from top to bottom. */
function upright(pixels: Uint8Array, { width, height, fromTop }: Header): Uint8Array {
  if (fromTop) return pixels;
  const row = new Uint8Array(width * 3);
  for (let top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
    row.set(pixels.subarray(top * row.length, (top + 1) * row.length));
    pixels.copyWithin(top * row.length, bottom * row.length, (bottom + 1) * row.length);
    pixels.set(row, bottom * row.length);
  }
  return pixels;
}
