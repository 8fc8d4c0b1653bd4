import type { Image } from "#lib/data/types.ts";
import type { Affine } from "./affine.ts";
import { warpCubic } from "./cubic.ts";
import { warpLanczos } from "./lanczos.ts";
import { warpLinear } from "./linear.ts";
import { warpNearest } from "./nearest.ts";

export const WARP_INTERPOLATIONS = ["nearest", "bilinear", "bicubic", "area", "lanczos"] as const;
export type WarpInterpolation = (typeof WARP_INTERPOLATIONS)[number];

/** How to warp an image; its size stays. */
export interface Warp {
  /** Where in the image a pixel of the result lies. */
  readonly source: Affine;
  readonly interpolation: WarpInterpolation;
  /** What lies around the image, for each channel in the image's order. */
  readonly colour: readonly number[];
}

/** `cv2.warpAffine` of uint8 images with a constant border, as OpenCV 5 computes it. */
export function warp(image: Image, { source, interpolation, colour }: Warp): Image {
  switch (interpolation) {
    case "nearest":
      return warpNearest(image, source, colour);
    case "bilinear":
    case "area":
      return warpLinear(image, source, colour);
    case "bicubic":
      return warpCubic(image, source, colour);
    case "lanczos":
      return warpLanczos(image, source, colour);
  }
}
