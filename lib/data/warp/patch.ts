import type { Image } from "#lib/data/types.ts";

/** A square of pixels of which some, or all, lie outside the image. */
export interface PatchPlace {
  readonly column: number;
  readonly row: number;
  /** Pixels of its edge. */
  readonly edge: number;
  /** What lies around the image, for each channel. */
  readonly border: Uint8Array;
}

/** Copies a square of pixels, with the border where there is no image. */
export function copyPatch({ data, height, width, channels }: Image, at: PatchPlace, patch: Uint8Array): void {
  const { column, row, edge, border } = at;
  let to = 0;
  for (let y = row; y < row + edge; y++) {
    for (let x = column; x < column + edge; x++) {
      const inside = x >= 0 && x < width && y >= 0 && y < height;
      const pixels = inside ? data : border;
      const from = inside ? (y * width + x) * channels : 0;
      for (let channel = 0; channel < channels; channel++) patch[to++] = pixels[from + channel]!;
    }
  }
}
