import sharp from "sharp";
import { PetageError } from "#lib/base/errors.ts";
import { decodeImage, readImageHeader } from "#lib/data/decode.ts";
import type { ImageHeader } from "#lib/data/decode.ts";
import type { Size } from "#lib/data/geometry.ts";
import { maxPixelsOf } from "#lib/data/image-limits.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { swapRedAndBlue } from "#lib/data/pixels.ts";
import { resize } from "#lib/data/resize.ts";

/** What a command decodes of its user's own: as much as a buffer can hold. */
export const OWN_PHOTO_LIMITS: ImageLimits = { maxImageBytes: 2 ** 30, maxImagePixels: 700e6 };
/** Each pixel counts, however much smaller the photo becomes. */
const METHOD = { backend: "pillow", interpolation: "bilinear" } as const;
const JPEG_QUALITY = 95;
/** By this much an edge shrinks again where the file is still too large. */
const SMALLER = 0.7;
const MAX_TRIES = 12;

export interface FittingPhoto {
  readonly bytes: Uint8Array;
  /** What there is to tell of it, a line each. */
  readonly notes: readonly string[];
}

/** The photo as it is where a service takes it, else a smaller one. What it is refused for otherwise, the service says. */
export async function fitPhoto(bytes: Uint8Array, limits: ImageLimits): Promise<FittingPhoto> {
  const header = await headerOf(bytes);
  if (!header) return { bytes, notes: [] };
  const notes = header.cutShort ? ["The file lacks its end: what is missing of the photo counts as grey"] : [];
  if (header.cutShort && !(await isReadable(bytes))) return { bytes, notes: [] };
  const { width, height } = header;
  if (bytes.length <= limits.maxImageBytes && width * height <= maxPixelsOf(header.format, limits))
    return { bytes, notes };
  const smaller = await shrink(bytes, limits);
  const change = `${width} x ${height} pixels and ${bytes.length} bytes to ${smaller.width} x ${smaller.height} and ${smaller.bytes.length}`;
  const most = `the service takes ${limits.maxImagePixels} pixels and ${limits.maxImageBytes} bytes`;
  return { bytes: smaller.bytes, notes: [...notes, `Made smaller before it is sent, from ${change}: ${most}`] };
}

function headerOf(bytes: Uint8Array): Promise<ImageHeader | undefined> {
  return unlessRefused(readImageHeader(bytes, OWN_PHOTO_LIMITS));
}

async function isReadable(bytes: Uint8Array): Promise<boolean> {
  return (await unlessRefused(decodeImage(bytes, OWN_PHOTO_LIMITS))) !== undefined;
}

async function unlessRefused<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (PetageError.from(error).code === "INTERNAL") throw error;
    return undefined;
  }
}

/** A JPEG of the photo as it is seen, that fits. */
async function shrink(bytes: Uint8Array, limits: ImageLimits): Promise<Size & { readonly bytes: Uint8Array }> {
  const photo = await decodeImage(bytes, OWN_PHOTO_LIMITS);
  const { width, height } = photo;
  let scale = Math.min(1, Math.sqrt(limits.maxImagePixels / (width * height)));
  for (let tries = 0; tries < MAX_TRIES; tries++, scale *= SMALLER) {
    const size = { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
    const small = resize(photo, size, METHOD);
    const data = Uint8Array.from(small.data);
    swapRedAndBlue(data);
    const jpeg = await sharp(data, { raw: { ...size, channels: 3 }, limitInputPixels: false })
      .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: "4:4:4" })
      .toBuffer();
    if (jpeg.length <= limits.maxImageBytes) return { ...size, bytes: jpeg };
  }
  throw new PetageError("IMAGE_TOO_LARGE", `Cannot make a photo of ${limits.maxImageBytes} bytes of it`);
}
