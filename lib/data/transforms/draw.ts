import type { Random } from "#lib/base/random.ts";

/** One draw chooses an index, each with its probability; undefined with what they lack to 1. */
export function drawIndex(probabilities: readonly number[], random: Random): number | undefined {
  const drawn = random.next();
  let threshold = 0;
  const index = probabilities.findIndex((probability) => drawn < (threshold += probability));
  return index < 0 ? undefined : index;
}
