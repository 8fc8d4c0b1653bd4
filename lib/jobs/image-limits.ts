import { z } from "zod";
import { unlessEmpty } from "#lib/config/optional-variable.ts";
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from "#lib/data/image-limits.ts";

/** No setting goes beyond: three bytes a pixel must fit into a buffer, and all bytes of a file. */
const MAX_PIXELS_SETTING = 700_000_000;
const MAX_BYTES_SETTING = 2 ** 30;

/** The largest photo of a service, in pixels. */
export const imagePixels = z.coerce.number().int().min(1).max(MAX_PIXELS_SETTING);

/** Of those that read photos of a dataset. */
export const imageVariables = {
  /** The largest photo, in pixels and in bytes. */
  PETAGE_MAX_IMAGE_PIXELS: unlessEmpty(imagePixels.default(DEFAULT_IMAGE_LIMITS.maxImagePixels)),
  PETAGE_MAX_IMAGE_BYTES: unlessEmpty(
    z.coerce.number().int().min(1).max(MAX_BYTES_SETTING).default(DEFAULT_IMAGE_LIMITS.maxImageBytes),
  ),
};

export function imageLimits({
  PETAGE_MAX_IMAGE_PIXELS,
  PETAGE_MAX_IMAGE_BYTES,
}: Readonly<Record<keyof typeof imageVariables, number>>): ImageLimits {
  return { maxImagePixels: PETAGE_MAX_IMAGE_PIXELS, maxImageBytes: PETAGE_MAX_IMAGE_BYTES };
}
