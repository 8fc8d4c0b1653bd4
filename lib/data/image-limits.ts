import type { ImageFormat } from "./image-format.ts";

/** The largest file and the largest photo that is decoded. */
export interface ImageLimits {
  readonly maxImageBytes: number;
  /** Width times height, checked before any pixel is decoded; each takes three to ten bytes. */
  readonly maxImagePixels: number;
}

/** The part of those that an AVIF may have: each takes twenty bytes while it is decoded. */
const AVIF_SHARE = 0.4;

export function maxPixelsOf(format: ImageFormat, { maxImagePixels }: ImageLimits): number {
  return format === "avif" ? Math.floor(AVIF_SHARE * maxImagePixels) : maxImagePixels;
}

/** Photos of a telephone with 50 megapixels fit in. Whoever runs a service raises them, by PETAGE_MAX_IMAGE_*. */
export const DEFAULT_IMAGE_LIMITS: ImageLimits = { maxImageBytes: 32 * 2 ** 20, maxImagePixels: 64e6 };

/** What to do where a photo is larger. */
export const LARGE_PIXELS_HINT = "Make the photo smaller, or raise PETAGE_MAX_IMAGE_PIXELS where it is read";
export const LARGE_BYTES_HINT = "Make the photo smaller, or raise PETAGE_MAX_IMAGE_BYTES where it is read";
