import type { Image } from "#lib/data/types.ts";
import { warpCubic } from "#lib/data/simd/warp.ts";
import type { Affine } from "./affine.ts";
import { cubicRows } from "./cubic.ts";
import { lanczosRows } from "./lanczos.ts";
import { linearRows } from "./linear.ts";
import { nearestRows } from "./nearest.ts";

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

const ROWS = {
  nearest: nearestRows,
  bilinear: linearRows,
  area: linearRows,
  bicubic: cubicRows,
  lanczos: lanczosRows,
};

/** `cv2.warpAffine` of uint8 images with a constant border, as OpenCV 5 computes it. */
export function warp(image: Image, { source, interpolation, colour }: Warp): Image {
  const byVectors = interpolation === "bicubic" ? warpCubic(image, source, colour) : undefined;
  return byVectors ?? warpByRows(image, { source, interpolation, colour });
}

/** The same on any machine, of images of any number of channels. */
export function warpByRows(image: Image, { source, interpolation, colour }: Warp): Image {
  const { height, width, channels } = image;
  const data = new Uint8Array(image.data.length);
  const warpRow = ROWS[interpolation](image, source, colour);
  for (let y = 0; y < height; y++) warpRow(y, data);
  return { data, height, width, channels };
}
