import type { Random } from "#lib/base/random.ts";
import type { Size } from "#lib/data/geometry.ts";
import { sizeAfter, type Operation } from "#lib/data/raster.ts";

/** One entry of a pipeline. It touches no pixel itself: it says what is to be done with them. */
export interface Transform {
  /**
   * The operations for an image of this size, which is 0 x 0 where none is loaded yet. A pure function of size and of
   * what it draws from the sample's random stream.
   */
  plan(size: Size, random: Random): readonly Operation[];
  /** Whether it loads an image: what follows can be planned only when that is done. */
  readonly loads?: true;
  /** What whoever wrote the config should know; said once, when a pipeline is built. */
  readonly notes?: readonly string[];
}

/** Transforms one after the other, as one: each is planned for the size that those before it leave. */
export function inSequence(transforms: readonly Transform[]): Transform {
  return {
    notes: notesOf(transforms),
    plan(size, random) {
      const operations: Operation[] = [];
      let current = size;
      for (const transform of transforms) {
        const planned = transform.plan(current, random);
        operations.push(...planned);
        current = planned.reduce(sizeAfter, current);
      }
      return operations;
    },
  };
}

export function notesOf(transforms: readonly Transform[]): readonly string[] {
  return transforms.flatMap(({ notes = [] }) => notes);
}
