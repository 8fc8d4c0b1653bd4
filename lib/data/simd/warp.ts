import type { Image } from "#lib/data/types.ts";
import type { Affine } from "#lib/data/warp/affine.ts";
import { frame } from "#lib/data/warp/place.ts";
import { withArena } from "./arena.ts";

/** Pixels that the kernel reads around the image. */
const MARGIN = 4;

/** Behind the matrix, where the kernel puts the colours of one pixel. */
const EXACT_BYTES = 24;

/** What `cubicRows` computes, with vector instructions; `undefined` where the machine or the image needs to go without. */
export function warpCubic(image: Image, source: Affine, border: readonly number[]): Image | undefined {
  const { height, width, channels } = image;
  if (channels !== 3) return undefined;
  const { data, line, first } = frame(image, MARGIN, border);
  const matrix = new Uint8Array(Float32Array.from(source).buffer);
  return withArena((arena) => {
    const framed = arena.allocate(data.length);
    const numbers = arena.allocate(matrix.length + EXACT_BYTES);
    const target = arena.allocate(image.data.length);
    arena.bytes(framed, data.length).set(data);
    arena.bytes(numbers, matrix.length).set(matrix);
    arena.kernels.warpCubic(framed + first, line, numbers, width, height, target);
    return { data: arena.bytes(target, image.data.length).slice(), height, width, channels };
  });
}
