import type { Image } from "#lib/data/types.ts";

/** What becomes of each value: 256 entries for all channels, or 256 for each, one channel after the other. */
export type Lookup = Uint8Array;

/** The values of one channel. */
export const VALUES = 256;

/** Replaces each value by its entry. */
export function lookUp({ data, height, width, channels }: Image, lookup: Lookup): Image {
  const result = new Uint8Array(data.length);
  if (channels === 3) {
    // Three at once take half of the time.
    const [second, third] = lookup.length === VALUES ? [0, 0] : [VALUES, 2 * VALUES];
    for (let at = 0; at < data.length; at += 3) {
      result[at] = lookup[data[at]!]!;
      result[at + 1] = lookup[second + data[at + 1]!]!;
      result[at + 2] = lookup[third + data[at + 2]!]!;
    }
  } else if (lookup.length === VALUES) {
    for (let at = 0; at < data.length; at++) result[at] = lookup[data[at]!]!;
  } else {
    for (let channel = 0; channel < channels; channel++) {
      const first = channel * VALUES;
      for (let at = channel; at < data.length; at += channels) result[at] = lookup[first + data[at]!]!;
    }
  }
  return { data: result, height, width, channels };
}

/** The lookup of a function of the value, whose results lie within 0 to 255 and are cut to whole numbers. */
export function lookupOf(becomes: (value: number) => number): Lookup {
  return Uint8Array.from({ length: VALUES }, (_, value) => becomes(value));
}

/** One lookup for each channel. */
export function perChannel(lookups: readonly Lookup[]): Lookup {
  const all = new Uint8Array(lookups.length * VALUES);
  lookups.forEach((lookup, channel) => all.set(lookup, channel * VALUES));
  return all;
}

export function clip(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
