import { assert } from "#lib/base/assert.ts";
import { wholeBox, type Box, type Size } from "./geometry.ts";
import { openedImage, type OpenedImage } from "./opened-image.ts";
import { lookUp, type Lookup } from "./photometry/lookup.ts";
import { crop, erase, flip, pad } from "./pixels.ts";
import type { Fill, FlipDirection, Padding } from "./pixels.ts";
import { checkResize, resize } from "./resize.ts";
import type { ResizeMethod } from "./resize.ts";
import { withArena } from "./simd/arena.ts";
import { planResampling, type Resampling } from "./simd/resample.ts";
import { checkEnlarged } from "./size-limit.ts";
import type { Image, Sample } from "./types.ts";
import { oneSize, stackViews, viewsOf } from "./views.ts";
import { warp, type Warp } from "./warp/warp.ts";

/**
 * One step of work on an image, as data: what it does to the size is known before a pixel is touched. Of several views it
 * is done to each.
 */
export type Operation =
  /** The box lies within the image. */
  | { readonly kind: "crop"; readonly box: Box }
  | { readonly kind: "resize"; readonly size: Size; readonly method: ResizeMethod }
  | { readonly kind: "flip"; readonly direction: FlipDirection }
  | { readonly kind: "pad"; readonly padding: Padding; readonly fill: Fill }
  /** One colour inside the box, which lies within the image, or bytes for all of its pixels. */
  | { readonly kind: "erase"; readonly box: Box; readonly pixels: readonly number[] | Uint8Array }
  /** Each value becomes another one, whatever its neighbours. */
  | { readonly kind: "lookup"; readonly lookup: Lookup }
  | ({ readonly kind: "warp" } & Warp)
  /** What cannot be described otherwise: other pixels, in a new array, of this size if it is not the image's. */
  | { readonly kind: "pixels"; readonly size?: Size; run(image: Image): Image }
  /** Several views in place of an image, of one size: each by operations of its own. `inViews` makes it. */
  | { readonly kind: "views"; readonly plans: readonly (readonly Operation[])[] };

/** The size that an operation leaves; IMAGE_TOO_LARGE if it makes too much of the image. */
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
    case "flip":
    case "erase":
    case "lookup":
    case "warp":
      return size;
  }
}

/**
 * Carries a list of operations out, one after the other, on an image that need not have been decoded yet. Only this
 * function does, so that what belongs together is done in one pass, on the pixels that are needed.
 * @param memoryFor where the result goes, if a pass makes it
 */
export async function carryOut(
  operations: readonly Operation[],
  image: OpenedImage,
  memoryFor?: Sample["memoryFor"],
): Promise<Image> {
  let current = image;
  for (let at = 0; at < operations.length;) {
    const resampling = findResampling(operations, at, current);
    const isLast = resampling?.end === operations.length;
    const resampled = resampling && resample(current, resampling, isLast ? memoryFor : undefined);
    const operation = operations[at];
    assert(operation, "an operation");
    current = openedImage(resampled ?? applyOperation(await current.decode(), operation));
    at = resampled ? resampling.end : at + 1;
  }
  return await current.decode();
}

/** What the operations from `start` on make of an image in one pass, up to that at `end`: they crop, resize, crop and flip. */
interface FoundResampling extends Resampling {
  readonly end: number;
}

function findResampling(operations: readonly Operation[], start: number, image: Size): FoundResampling | undefined {
  let at = start;
  let box: Box = wholeBox(image);
  let operation = operations[at];
  for (; operation?.kind === "crop"; operation = operations[++at]) box = within(box, operation.box);
  if (operation?.kind !== "resize") return undefined;
  const { size, method } = operation;
  let window: Box = wholeBox(size);
  operation = operations[++at];
  for (; operation?.kind === "crop"; operation = operations[++at]) window = within(window, operation.box);
  const mirrored = { x: false, y: false };
  for (; operation?.kind === "flip"; operation = operations[++at]) {
    if (operation.direction !== "vertical") mirrored.x = !mirrored.x;
    if (operation.direction !== "horizontal") mirrored.y = !mirrored.y;
  }
  return { box, size, method, window, mirrored, end: at };
}

/** A box within another, as a box of what that one is within. */
function within(outer: Box, { top, left, width, height }: Box): Box {
  return { top: outer.top + top, left: outer.left + left, width, height };
}

/** `undefined` where the machine, the method or the image needs one operation after the other. */
function resample(
  image: OpenedImage,
  resampling: Resampling,
  memoryFor: Sample["memoryFor"] = newMemory,
): Image | undefined {
  checkResize(resampling.box, resampling.size, resampling.method);
  const plan = planResampling(resampling);
  if (!plan) return undefined;
  const { width, height } = resampling.window;
  return withArena((arena) => {
    const pixels = image.place(arena, plan.needed);
    if (!pixels) return undefined;
    const made = arena.bytes(plan.run(arena, pixels), width * height * 3);
    const data = memoryFor(made.length) ?? newMemory(made.length);
    data.set(made);
    return { data, width, height, channels: 3 };
  });
}

function newMemory(byteLength: number): Uint8Array {
  return new Uint8Array(byteLength);
}

/** The image after one operation; it is left alone itself. */
export function applyOperation(image: Image, operation: Operation): Image {
  return image.views === undefined
    ? applyToView(image, operation)
    : stackViews(viewsOf(image).map((view) => applyToView(view, operation)));
}

function applyToView(image: Image, operation: Operation): Image {
  switch (operation.kind) {
    case "crop":
      return crop(image, operation.box);
    case "resize":
      return resize(image, operation.size, operation.method);
    case "flip":
      return flip(image, operation.direction);
    case "pad":
      return pad(image, operation.padding, operation.fill);
    case "erase":
      return erase(image, operation.box, operation.pixels);
    case "lookup":
      return lookUp(image, operation.lookup);
    case "warp":
      return warp(image, operation);
    case "pixels":
      return operation.run(image);
    case "views":
      return stackViews(operation.plans.map((plan) => plan.reduce(applyOperation, image)));
  }
}
