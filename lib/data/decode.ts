import sharp, { type OutputInfo, type Sharp } from "sharp";
import { PetageError } from "#lib/base/errors.ts";
import { openBmp } from "./bmp.ts";
import { IMAGE_FORMATS, isImageFormat, sniffFormat, type ImageFormat } from "./image-format.ts";
import { checkParts } from "./image-parts.ts";
import { outlineJpeg } from "./jpeg-outline.ts";
import { openNetpbm } from "./netpbm.ts";
import { cmykToBgr, swapRedAndBlue } from "./pixels.ts";
import type { PlainImage } from "./plain-image.ts";
import type { Image } from "./types.ts";

export interface ImageLimits {
  readonly maxImageBytes: number;
  /** Width times height, checked before any pixel is decoded. */
  readonly maxImagePixels: number;
}

export interface DecodedImage extends Image {
  /** The file lacks its end, and the photo a part, or as much of its detail. */
  readonly cutShort?: true;
}

/** OpenCV refuses longer ones, too, by libpng's limit. Millions of rows take seconds, however few pixels they have. */
const MAX_IMAGE_EDGE_PX = 1_000_000;

export const DEFAULT_IMAGE_LIMITS: ImageLimits = { maxImageBytes: 32 * 2 ** 20, maxImagePixels: 40e6 };

/** Formats that sharp does not read. */
const PLAIN_FORMATS: Readonly<Partial<Record<ImageFormat, (bytes: Uint8Array) => PlainImage>>> = {
  bmp: openBmp,
  netpbm: openNetpbm,
};

// Every image is seen once, and the callers bring their own threads.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Decodes a photo to BGR pixels as OpenCV's `IMREAD_COLOR` shows it: turned by its EXIF orientation, alpha dropped,
 * 16 bits cut to 8, the first frame of an animation, colour profiles ignored. What a JPEG lacks at its end is grey.
 * @throws PetageError IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_FORMAT_UNSUPPORTED or IMAGE_UNDECODABLE.
 */
export async function decodeImage(
  bytes: Uint8Array,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<DecodedImage> {
  const format = checkBytes(bytes, limits);
  const plain = PLAIN_FORMATS[format]?.(bytes);
  if (plain) {
    checkPixels(plain, limits);
    return { data: plain.read(), width: plain.width, height: plain.height, channels: 3 };
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return await decodeWithSharp(buffer, format, limits);
  } catch (error) {
    throw sharpError(error, limits);
  }
}

async function decodeWithSharp(buffer: Buffer, format: ImageFormat, limits: ImageLimits): Promise<DecodedImage> {
  const jpeg = format === "jpeg" ? outlineJpeg(buffer) : undefined;
  checkParts(buffer, format, { jpeg, maxImagePixels: limits.maxImagePixels });
  const cutShort = jpeg?.complete === false;
  // "warning", sharp's default, would refuse usable photos with odd headers.
  const failOn = cutShort ? "none" : "error";
  const options = { failOn, pages: 1, ignoreIcc: true, limitInputPixels: limits.maxImagePixels } as const;
  checkPixels(jpeg?.frame ?? (await sharp(buffer, options).metadata()), limits);
  const image = sharp(buffer, options).autoOrient();
  const decoded = jpeg?.frame?.components === 4 ? await readCmyk(image) : await readColour(image);
  return cutShort ? { ...decoded, cutShort } : decoded;
}

function checkBytes(bytes: Uint8Array, limits: ImageLimits): ImageFormat {
  if (bytes.length === 0) throw new PetageError("IMAGE_EMPTY", "Cannot decode an image of 0 bytes");
  if (bytes.length > limits.maxImageBytes) {
    throw new PetageError(
      "IMAGE_TOO_LARGE",
      `Cannot decode an image of ${bytes.length} bytes: the limit is ${limits.maxImageBytes} bytes`,
    );
  }
  const format = sniffFormat(bytes);
  if (isImageFormat(format)) return format;
  throw new PetageError(
    "IMAGE_FORMAT_UNSUPPORTED",
    `Cannot decode an image: its first bytes are ${format ? `of the format ${format}` : "of no image format"}`,
    { hint: `Readable formats are ${IMAGE_FORMATS.join(", ")}` },
  );
}

function checkPixels(size: { readonly width: number; readonly height: number }, limits: ImageLimits): void {
  const edge = Math.max(size.width, size.height);
  if (edge > MAX_IMAGE_EDGE_PX) {
    throw new PetageError(
      "IMAGE_TOO_LARGE",
      `Cannot decode an image of ${size.width} x ${size.height} pixels: the limit of an edge is ${MAX_IMAGE_EDGE_PX}`,
    );
  }
  if (size.width * size.height <= limits.maxImagePixels) return;
  throw new PetageError(
    "IMAGE_TOO_LARGE",
    `Cannot decode an image of ${size.width} x ${size.height} pixels: the limit is ${limits.maxImagePixels} pixels`,
  );
}

async function readColour(image: Sharp): Promise<Image> {
  const { data, info } = await pixels(image.removeAlpha().toColourspace("srgb"));
  swapRedAndBlue(data);
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** sharp would turn four inks to sRGB by a profile. */
async function readCmyk(image: Sharp): Promise<Image> {
  const { data, info } = await pixels(image.pipelineColourspace("cmyk").toColourspace("cmyk"));
  return { data: cmykToBgr(data), width: info.width, height: info.height, channels: 3 };
}

function pixels(image: Sharp): Promise<{ data: Buffer; info: OutputInfo }> {
  return image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
}

function sharpError(error: unknown, limits: ImageLimits): PetageError {
  if (error instanceof PetageError) return error;
  const text = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  if (text.includes("pixel limit")) {
    const message = `Cannot decode an image of more than ${limits.maxImagePixels} pixels`;
    return new PetageError("IMAGE_TOO_LARGE", message, { cause: error });
  }
  const code = text.includes("unsupported image format") ? "IMAGE_FORMAT_UNSUPPORTED" : "IMAGE_UNDECODABLE";
  return new PetageError(code, `Cannot decode an image: ${text}`, { cause: error });
}
