import type { Box, Size } from "#lib/data/geometry.ts";
import type { Arena, PlacedPixels } from "#lib/data/simd/arena.ts";
import type { TurboImage } from "./turbojpeg.ts";

/** How a stored image is turned into the one that is seen: rows and columns change places, then each axis may be mirrored. */
interface Turn {
  readonly transposed: boolean;
  readonly mirrorsX: boolean;
  readonly mirrorsY: boolean;
}

/** By the orientation of EXIF 2.32, 4.6.4 A. Mirroring is of the stored axes. */
function turnOf(orientation: number): Turn {
  return {
    transposed: orientation >= 5,
    mirrorsX: [2, 3, 7, 8].includes(orientation),
    mirrorsY: [3, 4, 6, 7].includes(orientation),
  };
}

/** The size of an image as it is seen. */
export function turnedSize({ width, height }: Size, orientation: number): Size {
  return turnOf(orientation).transposed ? { width: height, height: width } : { width, height };
}

const CHANNELS = 3;

/** Decodes what is `needed` of an image as it is seen into an arena; `undefined` where the file is not as it should be. */
export function placeOriented(
  arena: Arena,
  { image, orientation, needed }: { readonly image: TurboImage; readonly orientation: number; readonly needed: Box },
): PlacedPixels | undefined {
  const turn = turnOf(orientation);
  const stored = storedBox(image, turn, needed);
  const region = image.regionFor(stored);
  const stride = region.width * CHANNELS;
  const start = arena.allocate(region.height * stride);
  if (!image.decode(region, arena.bytes(start, region.height * stride))) return undefined;
  const address = start + (stored.top - region.top) * stride + (stored.left - region.left) * CHANNELS;
  if (orientation === 1) return { address, stride };
  const [alongX, alongY] = [turn.mirrorsX ? -CHANNELS : CHANNELS, turn.mirrorsY ? -stride : stride];
  const first =
    address + (turn.mirrorsX ? (stored.width - 1) * CHANNELS : 0) + (turn.mirrorsY ? (stored.height - 1) * stride : 0);
  const turned = arena.allocate(needed.width * needed.height * CHANNELS);
  const [alongRow, alongColumn] = turn.transposed ? [alongY, alongX] : [alongX, alongY];
  arena.kernels.walk(first, alongRow, alongColumn, needed.width, needed.height, turned);
  return { address: turned, stride: needed.width * CHANNELS };
}

function storedBox({ width, height }: Size, { transposed, mirrorsX, mirrorsY }: Turn, seen: Box): Box {
  const box = transposed ? { top: seen.left, left: seen.top, width: seen.height, height: seen.width } : seen;
  return {
    width: box.width,
    height: box.height,
    left: mirrorsX ? width - box.left - box.width : box.left,
    top: mirrorsY ? height - box.top - box.height : box.top,
  };
}
