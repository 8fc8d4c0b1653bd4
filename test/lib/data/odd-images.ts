import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";

/** Left half red, right half blue, with a green top left corner: shows any turn, mirror or swapped channel. */
export function markedPixels(width = 40, height = 20): Buffer {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = x < 8 && y < 8 ? [0, 255, 0] : x < width / 2 ? [255, 0, 0] : [0, 0, 255];
      data.set(colour, (y * width + x) * 3);
    }
  }
  return data;
}

function marked(width = 40, height = 20): Sharp {
  return sharp(markedPixels(width, height), { raw: { width, height, channels: 3 } });
}

export const markedJpeg = (): Promise<Buffer> => marked().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
export const progressiveJpeg = (): Promise<Buffer> => marked().jpeg({ progressive: true }).toBuffer();
export const greyJpeg = (): Promise<Buffer> => marked().greyscale().jpeg().toBuffer();
export const png16 = (): Promise<Buffer> => marked().toColourspace("rgb16").png().toBuffer();
export const palettePng = (): Promise<Buffer> => marked().png({ palette: true }).toBuffer();
export const greyAlphaPng = (): Promise<Buffer> => marked().greyscale().ensureAlpha(0.5).png().toBuffer();
export const transparentPng = (): Promise<Buffer> => marked().ensureAlpha(0).png().toBuffer();
export const webp = (): Promise<Buffer> => marked().webp({ lossless: true }).toBuffer();
export const gif = (): Promise<Buffer> => marked().gif().toBuffer();
export const tiff = (): Promise<Buffer> => marked().tiff().toBuffer();
export const avif = (): Promise<Buffer> => marked().avif({ lossless: true }).toBuffer();

/** Stored as the sensor saw it, with the orientation noted in EXIF. */
export function withOrientation(format: "jpeg" | "png" | "webp", orientation: number): Promise<Buffer> {
  const image = marked().withMetadata({ orientation });
  if (format === "jpeg") return image.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
  return format === "png" ? image.png().toBuffer() : image.webp({ lossless: true }).toBuffer();
}

/** A PNG of one colour: hardly any bytes, whatever the size. */
export const flatPng = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: "grey" } })
    .png({ palette: true })
    .toBuffer();

/** Two frames of different colour. */
export async function animated(format: "gif" | "webp"): Promise<Buffer> {
  const frames = Buffer.concat([markedPixels(), Buffer.alloc(40 * 20 * 3, 200)]);
  const image = sharp(frames, { raw: { width: 40, height: 40, channels: 3, pageHeight: 20 } });
  return format === "gif" ? image.gif().toBuffer() : image.webp({ lossless: true }).toBuffer();
}

/** A usable JPEG that makes libjpeg warn: stray bytes before the end marker. */
export async function jpegWithExtraneousBytes(): Promise<Buffer> {
  const jpeg = await markedJpeg();
  return Buffer.concat([jpeg.subarray(0, -2), Buffer.from([0, 1, 2, 3]), jpeg.subarray(-2)]);
}

/** A JPEG whose header claims `width` x `height`. */
export async function jpegClaiming(width: number, height: number): Promise<Buffer> {
  const jpeg = Buffer.from(await markedJpeg());
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(height, frame + 5);
  jpeg.writeUInt16BE(width, frame + 7);
  return jpeg;
}

/** A few kilobytes of PNG that unfold to `edge` x `edge` black pixels. */
export function pngBomb(edge: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(edge, 0);
  header.writeUInt32BE(edge, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((Math.ceil(edge / 8) + 1) * edge), { level: 9 });
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    pngChunk("IHDR", header),
    pngChunk("IDAT", rows),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function crc32(data: Buffer): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** What a BMP's header says; `pixels` are those that follow, 40 x 20 of 24 bits unless given. */
export interface BmpClaim {
  readonly width?: number;
  readonly height?: number;
  readonly bits?: number;
  readonly compression?: number;
  readonly colours?: number;
  readonly start?: number;
  readonly pixels?: number;
}

/** The marked pixels as a BMP from top to bottom, or whatever its header claims of them. */
export function bmp({ width = 40, height = 20, bits = 24, compression = 0, colours = 0, ...rest }: BmpClaim): Buffer {
  const entries = bits > 8 ? 0 : Math.min(colours, 256);
  const header = Buffer.alloc(54 + entries * 4);
  const { start = header.length, pixels = 40 * 20 } = rest;
  header.write("BM");
  header.writeUInt32LE(start, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(-height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(colours, 46);
  const bgr = markedPixels();
  for (let at = 0; at < bgr.length; at += 3) bgr.subarray(at, at + 3).reverse();
  const spare = bits === 32 ? Buffer.alloc(pixels) : Buffer.alloc(0);
  return Buffer.concat([header, bgr.subarray(0, pixels * 3), spare]);
}
