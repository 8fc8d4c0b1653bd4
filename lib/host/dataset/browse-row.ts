import type { SampleInfo } from "#lib/data/types.ts";

/** A photo and what the pipeline makes of it, each as PNG of at most `CELL_PX` an edge; or why there is nothing. */
export interface BrowseRow {
  readonly info: SampleInfo;
  readonly original: Buffer | string;
  readonly draws: readonly (Buffer | string)[];
}

/** The edge of the square that a picture has to fit. */
export const CELL_PX = 192;
