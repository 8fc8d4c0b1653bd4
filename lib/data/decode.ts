import jpegTurbo from "@julusian/jpeg-turbo";
import sharp from "sharp";
import { PetageError } from "#lib/base/errors.ts";
import { IMAGE_FORMATS, isImageFormat, sniffFormat } from "./image-format.ts";
import { readJpegHeader, type JpegHeader } from "./jpeg-header.ts";
import { orient, swapRedAndBlue } from "./pixels.ts";
import type { Image } from "./types.ts";

export interface ImageLimits {
  readonly maxImageBytes: number;
  /** Width times height, checked before any pixel is decoded. */
  readonly maxImagePixels: number;
}

export interface DecodeOptions extends ImageLimits {
  /** Decode plain JPEGs in this thread: for workers, which would otherwise queue for libuv's few threads. */
  readonly blocking?: boolean;
}

export const DEFAULT_IMAGE_LIMITS: ImageLimits = { maxImageBytes: 32 * 2 ** 20, maxImagePixels: 40e6 };

// Every image is seen once, and the callers bring their own threads.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Decodes a photo to BGR pixels as OpenCV's `IMREAD_COLOR` shows it: turned by its EXIF orientation, alpha dropped,
 * 16 bits cut to 8, the first frame of an animation. ICC profiles are ignored except for CMYK.
 * @throws PetageError IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_FORMAT_UNSUPPORTED or IMAGE_UNDECODABLE.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = DEFAULT_IMAGE_LIMITS): Promise<Image> {
  checkBytes(bytes, options);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const jpeg = readJpegHeader(bytes);
  if (jpeg) checkPixels(jpeg, options);
  const plain = jpeg && isPlain(jpeg) ? await decodePlainJpeg(buffer, jpeg, options) : undefined;
  return plain ?? decodeWithSharp(buffer, options);
}

function checkBytes(bytes: Uint8Array, limits: ImageLimits): void {
  if (bytes.length === 0) throw new PetageError("IMAGE_EMPTY", "Cannot decode an image of 0 bytes");
  if (bytes.length > limits.maxImageBytes) {
    throw new PetageError(
      "IMAGE_TOO_LARGE",
      `Cannot decode an image of ${bytes.length} bytes: the limit is ${limits.maxImageBytes} bytes`,
    );
  }
  const format = sniffFormat(bytes);
  if (isImageFormat(format)) return;
  throw new PetageError(
    "IMAGE_FORMAT_UNSUPPORTED",
    `Cannot decode an image: its first bytes are ${format ? `of the format ${format}` : "of no image format"}`,
    { hint: `Readable formats are ${IMAGE_FORMATS.join(", ")}` },
  );
}

function checkPixels(size: { readonly width: number; readonly height: number }, limits: ImageLimits): void {
  if (size.width * size.height <= limits.maxImagePixels) return;
  throw new PetageError(
    "IMAGE_TOO_LARGE",
    `Cannot decode an image of ${size.width} x ${size.height} pixels: the limit is ${limits.maxImagePixels} pixels`,
  );
}

function isPlain(jpeg: JpegHeader): boolean {
  const { bitsPerSample, components, huffman, width, height } = jpeg;
  return huffman && bitsPerSample === 8 && (components === 1 || components === 3) && width > 0 && height > 0;
}

/** `undefined` where libjpeg-turbo is not content: it takes warnings for errors, and so leaves the verdict to sharp. */
async function decodePlainJpeg(
  buffer: Buffer,
  jpeg: JpegHeader,
  { blocking }: DecodeOptions,
): Promise<Image | undefined> {
  const { width, height } = jpeg;
  const format = { format: jpegTurbo.FORMAT_BGR };
  try {
    const target = Buffer.allocUnsafeSlow(width * height * 3);
    const { data } = blocking
      ? jpegTurbo.decompressSync(buffer, target, format)
      : await jpegTurbo.decompress(buffer, target, format);
    return orient({ data, width, height, channels: 3 }, jpeg.orientation);
  } catch {
    return undefined;
  }
}

async function decodeWithSharp(buffer: Buffer, limits: ImageLimits): Promise<Image> {
  // "warning", sharp's default, would refuse usable photos with odd headers.
  const options = { failOn: "error", pages: 1, limitInputPixels: limits.maxImagePixels } as const;
  try {
    const metadata = await sharp(buffer, options).metadata();
    const ignoreIcc = metadata.space !== "cmyk";
    const { data, info } = await sharp(buffer, { ...options, ignoreIcc })
      .autoOrient()
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    swapRedAndBlue(data);
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (error) {
    throw sharpError(error, limits);
  }
}

function sharpError(error: unknown, limits: ImageLimits): PetageError {
  const text = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  if (text.includes("pixel limit")) {
    const message = `Cannot decode an image of more than ${limits.maxImagePixels} pixels`;
    return new PetageError("IMAGE_TOO_LARGE", message, { cause: error });
  }
  const code = text.includes("unsupported image format") ? "IMAGE_FORMAT_UNSUPPORTED" : "IMAGE_UNDECODABLE";
  return new PetageError(code, `Cannot decode an image: ${text}`, { cause: error });
}
