import { lookupOf, type Lookup } from "./lookup.ts";

// What becomes of a value whatever its neighbours, as mmcv computes it.

export function invert(): Lookup {
  return lookupOf((value) => 255 - value);
}

/** Inverts the values that are not below `threshold`. */
export function solarize(threshold: number): Lookup {
  return lookupOf((value) => (value < threshold ? value : 255 - value));
}

/** Adds to the values below `threshold`; the sum is cut to a whole number, and to 255 unless it `wraps` modulo 256. */
export function solarizeAdd(amount: number, threshold: number, wraps = false): Lookup {
  return lookupOf((value) => {
    if (value >= threshold) return value;
    return wraps ? (value + amount) & 255 : Math.min(value + amount, 255);
  });
}

/** Keeps the uppermost bits, 0 to 8 of them. */
export function posterize(bits: number): Lookup {
  const mask = 256 - 2 ** (8 - Math.min(bits, 8));
  return lookupOf((value) => value & mask);
}
