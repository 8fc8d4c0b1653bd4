import { PetageError } from "#lib/base/errors.ts";
import type { Box, Size } from "./geometry.ts";
import { crop, flip, pad } from "./pixels.ts";
import type { FlipDirection, Padding } from "./pixels.ts";
import { resize } from "./resize.ts";
import type { ResizeMethod } from "./resize.ts";
import { checkEnlarged } from "./size-limit.ts";
import type { Image } from "./types.ts";
import { oneSize, stackViews, viewsOf } from "./views.ts";

/** One step of work on an image, as data: what it does to the size is known before a pixel is touched. */
export type Operation =
  /** The sample's file, or the bytes that it brings along, decoded. */
  { readonly kind: "load" } | PixelOperation;

/** What can be done to an image that is there; of several views, to each. */
export type PixelOperation =
  /** The box lies within the image. */
  | { readonly kind: "crop"; readonly box: Box }
  | { readonly kind: "resize"; readonly size: Size; readonly method: ResizeMethod }
  | { readonly kind: "flip"; readonly direction: FlipDirection }
  | { readonly kind: "pad"; readonly padding: Padding; readonly colour: readonly number[] }
  /** What cannot be described otherwise: other pixels, in a new array, of this size if it is not the image's. */
  | { readonly kind: "pixels"; readonly size?: Size; run(image: Image): Image }
  /** Several views in place of an image, of one size: each by operations of its own. `inViews` makes it. */
  | { readonly kind: "views"; readonly plans: readonly (readonly PixelOperation[])[] };

/**
 * The size that an operation leaves; IMAGE_TOO_LARGE if it makes too much of the image. What it is after "load" shows
 * when that has been carried out.
 */
export function sizeAfter(size: Size, operation: Operation): Size {
  const after = madeSize(size, operation);
  checkEnlarged(size, after);
  return after;
}

function madeSize(size: Size, operation: Operation): Size {
  switch (operation.kind) {
    case "crop":
      return operation.box;
    case "resize":
      return operation.size;
    case "pad": {
      const { left, top, right, bottom } = operation.padding;
      return { height: size.height + top + bottom, width: size.width + left + right };
    }
    case "pixels":
      return operation.size ?? size;
    case "views":
      return oneSize(operation.plans.map((plan) => plan.reduce(sizeAfter, size)));
    case "load":
    case "flip":
      return size;
  }
}

/**
 * Carries a list of operations out, one after the other. Only this function does, so that it can come to do several in
 * one pass: crop, resize and flip, or decoding at a smaller scale.
 */
export async function carryOut(
  operations: readonly Operation[],
  image: Image | undefined,
  load: () => Promise<Image>,
): Promise<Image | undefined> {
  let current = image;
  for (const operation of operations)
    current = operation.kind === "load" ? await load() : applyOperation(loaded(current), operation);
  return current;
}

/** The image after one operation; it is left alone itself. */
export function applyOperation(image: Image, operation: PixelOperation): Image {
  return image.views === undefined
    ? applyToView(image, operation)
    : stackViews(viewsOf(image).map((view) => applyToView(view, operation)));
}

function applyToView(image: Image, operation: PixelOperation): Image {
  switch (operation.kind) {
    case "crop":
      return crop(image, operation.box);
    case "resize":
      return resize(image, operation.size, operation.method);
    case "flip":
      return flip(image, operation.direction);
    case "pad":
      return pad(image, operation.padding, operation.colour);
    case "pixels":
      return operation.run(image);
    case "views":
      return stackViews(operation.plans.map((plan) => plan.reduce(applyOperation, image)));
  }
}

function loaded(image: Image | undefined): Image {
  if (image) return image;
  throw new PetageError("CONFIG_INVALID_VALUE", "A transform got a sample whose image is not loaded", {
    hint: "Put dict(type='LoadImageFromFile') first in the pipeline",
  });
}
