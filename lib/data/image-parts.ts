import { PetageError } from "#lib/base/errors.ts";
import { derivedPixels } from "./avif-outline.ts";
import type { ImageFormat } from "./image-format.ts";
import type { JpegOutline } from "./jpeg/outline.ts";
import { undecodable } from "./plain-image.ts";
import { oddTiffPixels, outlineTiff } from "./tiff-outline.ts";

/**
 * The most that a file may have of what costs work or memory whatever its bytes and pixels are; photos have a tenth of it.
 * Measured at 40 megapixels: a scan takes 6 ms, a text unpacks to 8 MB in 10 ms, a page of TIFF takes 15 us, a tile of
 * AVIF as long as the image: ten took 9 s, in a file of 1.4 kB.
 */
export const IMAGE_PART_LIMITS = {
  /** Passes of a progressive JPEG over all of its pixels. */
  jpegScans: 100,
  jpegSegments: 2000,
  /** Of zTXt and iTXt, which may be packed. */
  pngTexts: 50,
  /** Each is looked for from the first one on: 10,000 take half a second, 140,000 minutes. */
  webpFrames: 2000,
  tiffPages: 1000,
  /** Pixels of all tiles of a TIFF or AVIF, those beyond its edges too, per pixel of the limit. */
  tiledShare: 2,
} as const;

export interface PartsOptions {
  /** Of a JPEG. */
  readonly jpeg: JpegOutline | undefined;
  readonly maxImagePixels: number;
}

/** Bounds the parts of a file before anything of it is decoded. @throws PetageError IMAGE_TOO_LARGE, or IMAGE_UNDECODABLE */
export function checkParts(bytes: Uint8Array, format: ImageFormat, { jpeg, maxImagePixels }: PartsOptions): void {
  const limits = IMAGE_PART_LIMITS;
  if (jpeg) {
    check(jpeg.scans, limits.jpegScans, "scans of a JPEG");
    check(jpeg.segments, limits.jpegSegments, "segments of a JPEG");
  } else if (format === "png") {
    check(countPngTexts(bytes), limits.pngTexts, "texts of a PNG");
  } else if (format === "webp") {
    check(countWebpFrames(bytes), limits.webpFrames, "frames of a WebP");
  } else if (format === "tiff") {
    const { pages, tiledPixels } = outlineTiff(bytes, limits.tiffPages);
    check(pages, limits.tiffPages, "pages of a TIFF");
    check(tiledPixels, limits.tiledShare * maxImagePixels, "pixels in the tiles of a TIFF");
    const odd = oddTiffPixels(bytes);
    if (odd !== undefined) throw undecodable(`the pixels of this TIFF are ${odd}`);
  } else if (format === "avif") {
    check(derivedPixels(bytes), limits.tiledShare * maxImagePixels, "pixels in the tiles of an AVIF");
  }
}

function check(count: number, limit: number, what: string): void {
  if (count <= limit) return;
  const message = `Cannot decode an image of more than ${limit} ${what}`;
  throw new PetageError("IMAGE_TOO_LARGE", message, { hint: "Export the photo again, as a plain JPEG or PNG" });
}

const PNG_SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const PNG_CHUNK_BYTES = 12;

function countPngTexts(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let texts = 0;
  for (let at = PNG_SIGNATURE_BYTES; at + PNG_CHUNK_BYTES <= bytes.length;) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === "zTXt" || type === "iTXt") texts++;
    at += PNG_CHUNK_BYTES + view.getUint32(at);
  }
  return texts;
}

/** After RIFF, a size and WEBP. */
const WEBP_START = 12;
/** Type and length of a chunk. */
const WEBP_CHUNK_BYTES = 8;
/** ANMF */
const WEBP_FRAME = 0x41_4e_4d_46;

/** Chunks follow each other, each of an even number of bytes (RFC 9649). */
function countWebpFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frames = 0;
  for (let at = WEBP_START; at + WEBP_CHUNK_BYTES <= bytes.length;) {
    if (view.getUint32(at) === WEBP_FRAME) frames++;
    const length = view.getUint32(at + 4, true);
    at += WEBP_CHUNK_BYTES + length + (length % 2);
  }
  return frames;
}
