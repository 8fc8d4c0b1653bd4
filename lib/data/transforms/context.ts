import { PetageError } from "#lib/base/errors.ts";
import type { ImageLimits } from "../decode.ts";
import type { Image, Sample } from "../types.ts";

/** What transforms may reach beyond their sample. */
export interface TransformContext {
  /** The bytes of an image file; rejects with DATASET_FILE_MISSING, DATASET_FILE_UNREADABLE, or IMAGE_TOO_LARGE above `maxBytes`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  readonly decode: ImageLimits;
}

/** The sample with another image. */
export function withImage(sample: Sample, change: (image: Image) => Image): Sample {
  return { ...sample, image: change(imageOf(sample)) };
}

/** The image that an earlier transform has loaded. */
export function imageOf(sample: Sample): Image {
  if (sample.image) return sample.image;
  throw new PetageError("CONFIG_INVALID_VALUE", "A transform got a sample whose image is not loaded", {
    hint: "Put dict(type='LoadImageFromFile') first in the pipeline",
  });
}
