import { PetageError } from "#lib/base/errors.ts";
import type { Size } from "./geometry.ts";

/** Longest edge that a config may ask for. */
export const MAX_EDGE_PX = 4096;
/** Pixels of what a transform makes of a smaller image: a sliver of a photo would become gigabytes. */
export const MAX_ENLARGED_PIXELS = MAX_EDGE_PX ** 2;

/** A large photo may still be framed: made a square, it has at most so many times its pixels. */
const MAX_FRAMED = 2;

/** Refuses a size that is larger than the limit and than the image allows, whose own size the decoder has limited. */
export function checkEnlarged(image: Size, size: Size): void {
  const pixels = size.width * size.height;
  if (pixels <= MAX_ENLARGED_PIXELS || pixels <= MAX_FRAMED * image.width * image.height) return;
  throw new PetageError(
    "IMAGE_TOO_LARGE",
    `Cannot make ${size.width} x ${size.height} pixels of an image of ${image.width} x ${image.height}: the limit is ${MAX_ENLARGED_PIXELS} pixels`,
    { hint: "Crop or remove the photo, or lower the scale of the transform" },
  );
}
