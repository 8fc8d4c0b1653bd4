import type { Image } from "#lib/data/types.ts";
import { clip, lookupOf, perChannel, VALUES, type Lookup } from "./lookup.ts";

/** How often each value occurs in one channel. */
function histogram({ data, channels }: Image, channel: number): Uint32Array {
  const counts = new Uint32Array(VALUES);
  for (let at = channel; at < data.length; at += channels) counts[data[at]!]!++;
  return counts;
}

function eachChannel(image: Image, lookup: (counts: Uint32Array) => Lookup): Lookup {
  return perChannel(Array.from({ length: image.channels }, (_, channel) => lookup(histogram(image, channel))));
}

const UNCHANGED = lookupOf((value) => value);

/** Stretches the values of each channel to the whole range (`mmcv.auto_contrast`); one of a single value stays. */
export function autoContrast(image: Image): Lookup {
  return eachChannel(image, (counts) => {
    const least = counts.findIndex((count) => count > 0);
    const greatest = counts.findLastIndex((count) => count > 0);
    if (least >= greatest) return UNCHANGED;
    const scale = 255 / (greatest - least);
    const offset = -least * scale;
    return lookupOf((value) => clip(value * scale + offset));
  });
}

/** Spreads the values of each channel so that all occur about as often (`mmcv.imequalize`). */
export function equalize(image: Image): Lookup {
  return eachChannel(image, (counts) => {
    const all = counts.reduce((sum, count) => sum + count, 0);
    const step = Math.floor((all - counts[counts.findLastIndex((count) => count > 0)]!) / 255);
    if (step === 0) return UNCHANGED;
    let below = Math.floor(step / 2);
    return lookupOf((value) => {
      const becomes = value === 0 ? 0 : Math.min(Math.floor(below / step), 255);
      below += counts[value]!;
      return becomes;
    });
  });
}
