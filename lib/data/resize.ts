import { assert } from "#lib/base/assert.ts";
import type { Size } from "./geometry.ts";
import { resizeCv2, type Cv2Interpolation } from "#lib/data/resize/cv2.ts";
import { resizePillow, type PillowInterpolation } from "#lib/data/resize/pillow.ts";
import { checkEnlarged } from "./size-limit.ts";
import type { Image } from "./types.ts";

export const CV2_INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "area", "lanczos"] as const;
export const PILLOW_INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "box", "lanczos", "hamming"] as const;

/** By whose arithmetic to resize, and how. The defaults of mmcv are cv2 and bilinear. */
export type ResizeMethod =
  | { readonly backend: "cv2"; readonly interpolation: Cv2Interpolation }
  | { readonly backend: "pillow"; readonly interpolation: PillowInterpolation };

/** Throws IMAGE_TOO_LARGE where the result, or what is held on the way to it, is larger than the image allows. */
export function checkResize(image: Size, size: Size, { backend }: ResizeMethod): void {
  checkEnlarged(image, size);
  // Pillow resizes the width first, and holds all rows of that.
  if (backend === "pillow") checkEnlarged(image, { width: size.width, height: image.height });
}

/** Resizes a uint8 image exactly as OpenCV or Pillow does. Throws IMAGE_TOO_LARGE before it computes a pixel. */
export function resize(image: Image, size: Size, method: ResizeMethod): Image {
  assert(size.height >= 1 && size.width >= 1, `cannot resize to ${size.width} x ${size.height}`);
  if (size.height === image.height && size.width === image.width) return image;
  checkResize(image, size, method);
  return method.backend === "cv2"
    ? resizeCv2(image, size, method.interpolation)
    : resizePillow(image, size, method.interpolation);
}
