import { looksLike, MAX_HASH_DISTANCE, type Look } from "./hashes.ts";

/** What is known of a photo without keeping it. */
export interface Print {
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  /** `undefined` for a picture of one colour, which is like any other. */
  readonly look: Look | undefined;
}

export interface LookAlikes {
  /** Positions of photos that are copies of each other, several in each group, the first by its position. */
  readonly groups: readonly (readonly number[])[];
  /** Whether some photos were not compared, as there were too many pairs. */
  readonly isPartial: boolean;
}

/** Pairs of hashes that are compared: some seconds. 20,000 photos have about five million. */
const MAX_COMPARISONS = 400_000_000;
/** Two hashes of a distance of at most 6 agree in one of 7 parts. */
const BANDS = MAX_HASH_DISTANCE + 1;
const HASH_BITS = 64;

/** Groups photos whose files are equal, or which look alike. @param maxComparisons of pairs of hashes */
export function findLookAlikes(prints: readonly Print[], maxComparisons = MAX_COMPARISONS): LookAlikes {
  const groups = new Groups(prints.length);
  const firstOf = new Map<string, number>();
  for (const [position, { digest }] of prints.entries()) {
    const first = firstOf.get(digest);
    if (first === undefined) firstOf.set(digest, position);
    else groups.join(first, position);
  }
  // Equal files look alike: one of each is enough.
  const distinct = [...firstOf.values()];
  let left = maxComparisons;
  for (let band = 0; band < BANDS && left > 0; band++) left -= joinInBand(prints, distinct, { band, groups, left });
  return { groups: groups.several(), isPartial: left <= 0 };
}

interface Band {
  readonly band: number;
  readonly groups: Groups;
  /** Comparisons that may still be made. */
  readonly left: number;
}

/** Joins those that agree in one part of the hash and look alike; returns how many were compared. */
function joinInBand(prints: readonly Print[], positions: readonly number[], { band, groups, left }: Band): number {
  const buckets = new Map<number, number[]>();
  let comparisons = 0;
  for (const position of positions) {
    const look = prints[position]?.look;
    if (!look) continue;
    const key = partOf(look, band);
    const bucket = buckets.get(key) ?? [];
    buckets.set(key, bucket);
    for (const other of bucket) {
      const otherLook = prints[other]?.look;
      if (++comparisons >= left) return comparisons;
      if (otherLook && !groups.areJoined(other, position) && looksLike(otherLook, look)) groups.join(other, position);
    }
    bucket.push(position);
  }
  return comparisons;
}

function partOf({ hash: [low, high] }: Look, band: number): number {
  const [from, to] = [Math.floor((band * HASH_BITS) / BANDS), Math.floor(((band + 1) * HASH_BITS) / BANDS)];
  let part = 0;
  for (let bit = from; bit < to; bit++) part = (part << 1) | (((bit < 32 ? low : high) >>> (bit % 32)) & 1);
  return part;
}

/** Positions in disjoint groups, which can be joined (union by the smaller position, paths halved). */
class Groups {
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, position) => position);
  }

  join(a: number, b: number): void {
    const [first, second] = [this.#rootOf(a), this.#rootOf(b)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }

  areJoined(a: number, b: number): boolean {
    return this.#rootOf(a) === this.#rootOf(b);
  }

  /** The groups of more than one. */
  several(): number[][] {
    const groups = new Map<number, number[]>();
    for (const position of this.#parents.keys()) {
      const root = this.#rootOf(position);
      const group = groups.get(root) ?? [];
      group.push(position);
      groups.set(root, group);
    }
    return [...groups.values()].filter(({ length }) => length > 1);
  }

  #rootOf(position: number): number {
    let at = position;
    for (;;) {
      const parent = this.#parents[at] ?? at;
      if (parent === at) return at;
      const above = this.#parents[parent] ?? parent;
      this.#parents[at] = above;
      at = above;
    }
  }
}
