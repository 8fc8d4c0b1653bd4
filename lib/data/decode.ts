import sharp, { type OutputInfo, type Sharp } from "sharp";
import { PetageError } from "#lib/base/errors.ts";
import { openBmp } from "./bmp.ts";
import { wholeBox, type Box, type Size } from "./geometry.ts";
import { formatHint, isImageFormat, sniffFormat, type ImageFormat } from "./image-format.ts";
import { checkParts } from "./image-parts.ts";
import { DEFAULT_IMAGE_LIMITS, LARGE_BYTES_HINT, LARGE_PIXELS_HINT, maxPixelsOf } from "./image-limits.ts";
import type { ImageLimits } from "./image-limits.ts";
import { placeOriented, turnedSize } from "./jpeg/oriented.ts";
import { outlineJpeg } from "./jpeg/outline.ts";
import { openTurbo, type TurboImage } from "./jpeg/turbojpeg.ts";
import { openNetpbm } from "./netpbm.ts";
import { openedImage, type OpenedImage } from "./opened-image.ts";
import { cmykToBgr, swapRedAndBlue } from "./pixels.ts";
import { undecodable, type PlainImage } from "./plain-image.ts";
import { withArena } from "./simd/arena.ts";
import type { DecodedImage, Image } from "./types.ts";

/** OpenCV refuses longer ones, too, by libpng's limit. Millions of rows take seconds, however few pixels they have. */
const MAX_IMAGE_EDGE_PX = 1_000_000;

/** Formats that sharp does not read. */
const PLAIN_FORMATS: Readonly<Partial<Record<ImageFormat, (bytes: Uint8Array) => PlainImage>>> = {
  bmp: openBmp,
  netpbm: openNetpbm,
};

// Every image is seen once, and the callers bring their own threads.
sharp.cache(false);
sharp.concurrency(1);

/** What the first bytes of a photo say. */
export interface ImageHeader extends Size {
  readonly format: ImageFormat;
  /** Whether a JPEG lacks its end. */
  readonly cutShort: boolean;
  /** Whether a JPEG has four inks. */
  readonly inks: boolean;
  /** Whether a JPEG may have to be turned. */
  readonly exif: boolean;
}

/** Reads no pixel. @throws PetageError IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_FORMAT_UNSUPPORTED or IMAGE_UNDECODABLE. */
export async function readImageHeader(bytes: Uint8Array, limits: ImageLimits): Promise<ImageHeader> {
  const format = checkBytes(bytes, limits);
  const jpeg = format === "jpeg" ? outlineJpeg(bytes) : undefined;
  const cutShort = jpeg !== undefined && !jpeg.complete && jpeg.scans > 0;
  checkParts(bytes, format, { jpeg, maxImagePixels: limits.maxImagePixels });
  const size = PLAIN_FORMATS[format]?.(bytes) ?? jpeg?.frame ?? (await readSize(bytes, { cutShort, limits }));
  checkPixels(size, maxPixelsOf(format, limits));
  const { width, height } = size;
  return { format, width, height, cutShort, inks: jpeg?.frame?.components === 4, exif: jpeg?.exif ?? false };
}

/**
 * Decodes a photo to BGR pixels as OpenCV's `IMREAD_COLOR` shows it: turned by its EXIF orientation, alpha dropped,
 * 16 bits cut to 8, the first frame of an animation, colour profiles ignored. What a JPEG lacks at its end is grey.
 * @throws PetageError IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_FORMAT_UNSUPPORTED or IMAGE_UNDECODABLE.
 */
export async function decodeImage(
  bytes: Uint8Array,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<DecodedImage> {
  return await (await openImage(bytes, limits)).decode();
}

/** The same without decoding a plain JPEG yet, of which a pipeline may need a part only. */
export async function openImage(bytes: Uint8Array, limits: ImageLimits = DEFAULT_IMAGE_LIMITS): Promise<OpenedImage> {
  const header = await readImageHeader(bytes, limits);
  const isPlainJpeg = header.format === "jpeg" && !header.inks && !header.cutShort;
  const image = isPlainJpeg ? openTurbo(bytes) : undefined;
  // Of the limits that were checked before, its size is the one that counts: where it reads another, libvips decides.
  if (image?.width !== header.width || image.height !== header.height)
    return openedImage(await decodeWhole(bytes, header, limits));
  const orientation = header.exif ? await readOrientation(bytes, limits) : 1;
  const size = turnedSize(image, orientation);
  const all = wholeBox(size);
  return {
    ...size,
    decode: async () => decodeTurbo({ image, orientation, needed: all }) ?? (await decodeWhole(bytes, header, limits)),
    place: (arena, needed) => placeOriented(arena, { image, orientation, needed }),
  };
}

/** `undefined` where libjpeg-turbo warns: what such a file shows is libvips' to say. */
function decodeTurbo(options: {
  readonly image: TurboImage;
  readonly orientation: number;
  readonly needed: Box;
}): Image | undefined {
  const { width, height } = options.needed;
  if (options.orientation === 1) {
    const data = new Uint8Array(width * height * 3);
    return options.image.decode(options.needed, data) ? { data, width, height, channels: 3 } : undefined;
  }
  return withArena((arena) => {
    const placed = placeOriented(arena, options);
    return placed && { data: arena.bytes(placed.address, width * height * 3).slice(), width, height, channels: 3 };
  });
}

async function decodeWhole(
  bytes: Uint8Array,
  { format, inks, cutShort }: ImageHeader,
  limits: ImageLimits,
): Promise<DecodedImage> {
  const plain = PLAIN_FORMATS[format]?.(bytes);
  if (plain) return { data: plain.read(), width: plain.width, height: plain.height, channels: 3 };
  try {
    const image = openSharp(bytes, { cutShort, limits }).autoOrient();
    const decoded = inks ? await readCmyk(image) : await readColour(image);
    return cutShort ? { ...mostlyThere(decoded), cutShort } : decoded;
  } catch (error) {
    throw sharpError(error, limits);
  }
}

/** What libjpeg fills in for a block that is missing, in every channel. */
const MISSING_GREY = 128;
/** Of a photo's pixels; OpenCV shows a photo however much it lacks. */
const MAX_MISSING_SHARE = 0.4;

/** Refuses what lacks far more than its end. */
function mostlyThere(image: Image): Image {
  const { data, width, height } = image;
  let missing = 0;
  for (let at = 0; at < data.length; at += 3) {
    if (data[at] === MISSING_GREY && data[at + 1] === MISSING_GREY && data[at + 2] === MISSING_GREY) missing++;
  }
  const share = missing / (width * height);
  if (share <= MAX_MISSING_SHARE) return image;
  throw undecodable(`the file lacks its end, and ${Math.round(share * 100)} % of the photo with it`);
}

interface SharpOptions {
  readonly cutShort: boolean;
  readonly limits: ImageLimits;
}

function openSharp(bytes: Uint8Array, { cutShort, limits }: SharpOptions): Sharp {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // "warning", sharp's default, would refuse usable photos with odd headers.
  const failOn = cutShort ? "none" : "error";
  return sharp(buffer, { failOn, pages: 1, ignoreIcc: true, limitInputPixels: limits.maxImagePixels });
}

/** Of EXIF, 1 to 8: what libvips makes of it. */
async function readOrientation(bytes: Uint8Array, limits: ImageLimits): Promise<number> {
  const { orientation = 1 } = await openSharp(bytes, { cutShort: false, limits }).metadata();
  return orientation;
}

async function readSize(bytes: Uint8Array, options: SharpOptions): Promise<Size> {
  try {
    return await openSharp(bytes, options).metadata();
  } catch (error) {
    throw sharpError(error, options.limits);
  }
}

function checkBytes(bytes: Uint8Array, limits: ImageLimits): ImageFormat {
  if (bytes.length === 0) throw new PetageError("IMAGE_EMPTY", "Cannot decode an image of 0 bytes");
  if (bytes.length > limits.maxImageBytes) {
    throw new PetageError(
      "IMAGE_TOO_LARGE",
      `Cannot decode an image of ${bytes.length} bytes: the limit is ${limits.maxImageBytes} bytes`,
      { hint: LARGE_BYTES_HINT },
    );
  }
  const format = sniffFormat(bytes);
  if (isImageFormat(format)) return format;
  throw new PetageError(
    "IMAGE_FORMAT_UNSUPPORTED",
    `Cannot decode an image: its first bytes are ${format ? `of the format ${format}` : "of no image format"}`,
    { hint: formatHint(format) },
  );
}

function checkPixels(size: Size, maxPixels: number): void {
  const edge = Math.max(size.width, size.height);
  if (edge > MAX_IMAGE_EDGE_PX) {
    throw new PetageError(
      "IMAGE_TOO_LARGE",
      `Cannot decode an image of ${size.width} x ${size.height} pixels: the limit of an edge is ${MAX_IMAGE_EDGE_PX}`,
    );
  }
  if (size.width * size.height <= maxPixels) return;
  throw new PetageError(
    "IMAGE_TOO_LARGE",
    `Cannot decode an image of ${size.width} x ${size.height} pixels: the limit is ${maxPixels} pixels`,
    { hint: LARGE_PIXELS_HINT },
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
    return new PetageError("IMAGE_TOO_LARGE", message, { cause: error, hint: LARGE_PIXELS_HINT });
  }
  const code = text.includes("unsupported image format") ? "IMAGE_FORMAT_UNSUPPORTED" : "IMAGE_UNDECODABLE";
  return new PetageError(code, `Cannot decode an image: ${text}`, { cause: error });
}
