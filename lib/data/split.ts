import { permutation, randomStream } from "#lib/base/random.ts";

/** A part of a split: of its photos, all parts together have all. */
export interface Part {
  readonly name: string;
  /** Greater than 0; the shares of all parts make 1. */
  readonly share: number;
}

export interface SplitOptions {
  readonly parts: readonly Part[];
  readonly seed: number;
  /** Photos, by position, that must not be parted: copies of each other. */
  readonly together: readonly (readonly number[])[];
}

/** Apart from the streams that order samples. */
const SPLIT_STREAM = 3;

/**
 * Which part each photo goes to. Photos are dealt out from the youngest to the oldest, each to the part that lacks most
 * of its share, so that all ages are shared out alike; photos of one age in a random order.
 * @param labels in months; `null` where there is none
 * @returns positions in `parts`
 */
export function splitByAge(labels: readonly (number | null)[], { parts, seed, together }: SplitOptions): number[] {
  const chosen = labels.map(() => 0);
  const counts = parts.map(() => 0);
  let dealt = 0;
  for (const unit of unitsByAge(labels, { seed, together })) {
    dealt += unit.length;
    const lacking = parts.map(({ share }, part) => share * dealt - (counts[part] ?? 0));
    const part = lacking.indexOf(Math.max(...lacking));
    counts[part] = (counts[part] ?? 0) + unit.length;
    for (const position of unit) chosen[position] = part;
  }
  return chosen;
}

/** Photos that go together, by the age of the youngest. */
function unitsByAge(
  labels: readonly (number | null)[],
  { seed, together }: Pick<SplitOptions, "seed" | "together">,
): (readonly number[])[] {
  const grouped = new Set(together.flat());
  const single = labels.flatMap((_, position) => (grouped.has(position) ? [] : [[position]]));
  const units = [...together, ...single];
  const ageOf = (unit: readonly number[]): number =>
    unit.reduce((least, position) => Math.min(least, labels[position] ?? -1), Infinity);
  return permutation(units.length, randomStream(seed, SPLIT_STREAM))
    .map((place) => units[place] ?? [])
    .toSorted((a, b) => ageOf(a) - ageOf(b));
}
