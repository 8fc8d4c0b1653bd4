import type { Box, Size } from "./geometry.ts";
import type { Arena, PlacedPixels } from "./simd/arena.ts";
import type { DecodedImage, Image } from "./types.ts";

/** An image whose size is known, and whose pixels need not have been decoded yet. */
export interface OpenedImage extends Size {
  /** The file lacks its end. */
  readonly cutShort?: true;
  /** All pixels. Rejects with IMAGE_UNDECODABLE. */
  decode(): Promise<DecodedImage>;
  /** The pixels of `needed`, BGR, in an arena; `undefined` where only `decode` can tell what they are. */
  place(arena: Arena, needed: Box): PlacedPixels | undefined;
}

/** An image that is there. */
export function openedImage(image: DecodedImage): OpenedImage {
  const { width, height, cutShort } = image;
  return {
    width,
    height,
    ...(cutShort && { cutShort }),
    decode: async () => image,
    place: (arena, needed) => placeRows(arena, image, needed),
  };
}

function placeRows(arena: Arena, { data, width, channels, views }: Image, needed: Box): PlacedPixels | undefined {
  if (channels !== 3 || views !== undefined) return undefined;
  const stride = needed.width * channels;
  const address = arena.allocate(needed.height * stride);
  const placed = arena.bytes(address, needed.height * stride);
  for (let y = 0; y < needed.height; y++) {
    const start = ((needed.top + y) * width + needed.left) * channels;
    placed.set(data.subarray(start, start + stride), y * stride);
  }
  return { address, stride };
}
