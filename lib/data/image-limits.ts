/** The largest file and the largest photo that is decoded. */
export interface ImageLimits {
  readonly maxImageBytes: number;
  /** Width times height, checked before any pixel is decoded; each takes three bytes, and of an AVIF twenty. */
  readonly maxImagePixels: number;
}

/** Photos of a telephone with 50 megapixels fit in. Whoever runs a service raises them, by PETAGE_MAX_IMAGE_*. */
export const DEFAULT_IMAGE_LIMITS: ImageLimits = { maxImageBytes: 32 * 2 ** 20, maxImagePixels: 64e6 };

/** What to do where a photo is larger. */
export const LARGE_PIXELS_HINT = "Make the photo smaller, or raise PETAGE_MAX_IMAGE_PIXELS where it is read";
export const LARGE_BYTES_HINT = "Make the photo smaller, or raise PETAGE_MAX_IMAGE_BYTES where it is read";
