import { roundHalfEven } from "#lib/data/geometry.ts";
import type { Image } from "#lib/data/types.ts";
import { lightness, type Backend } from "./grey.ts";
import { clip, lookupOf, type Lookup } from "./lookup.ts";

const { fround } = Math;

/** `factor` times a value and the rest of another one, cut to a whole number. */
type Blend = (value: number, other: number) => number;

/** 0 is the other one, 1 the value itself; beyond lies what differs more. */
function blend(factor: number, backend: Backend): Blend {
  const share = fround(factor);
  const rest = fround(1 - factor);
  return backend === "cv2"
    ? (value, other) => clip(fround(share * value + fround(rest * other)))
    : (value, other) => clip(fround(other + fround(share * (value - other))));
}

/** Towards black, or away from it (`mmcv.adjust_brightness`). */
export function brightness(factor: number, backend: Backend): Lookup {
  const blended = blend(factor, backend);
  return lookupOf((value) => blended(value, 0));
}

/** Towards the grey of the mean lightness, or away from it (`mmcv.adjust_contrast`). */
export function contrast(image: Image, factor: number, backend: Backend): Lookup {
  const blended = blend(factor, backend);
  const mean = meanLightness(image, backend);
  return lookupOf((value) => blended(value, mean));
}

function meanLightness(image: Image, backend: Backend): number {
  const grey = lightness(image, backend);
  let sum = 0;
  for (let at = 0; at < grey.length; at++) sum += grey[at]!;
  const mean = sum / grey.length;
  return backend === "cv2" ? roundHalfEven(mean) : Math.floor(mean + 0.5);
}

/** Each pixel towards the grey of its lightness, or away from it (`mmcv.adjust_color`). */
export function saturation(image: Image, factor: number, backend: Backend): Image {
  const { data, height, width, channels } = image;
  if (channels !== 3) return image;
  const grey = lightness(image, backend);
  const share = fround(factor);
  // OpenCV rounds here, since it computes on bytes; Pillow cuts.
  const rest = backend === "cv2" ? fround(1 - factor) : fround(1 - share);
  const result = new Uint8ClampedArray(data.length);
  for (let at = 0, pixel = 0; at < data.length; at += 3, pixel++) {
    const other = grey[pixel]!;
    for (let channel = at; channel < at + 3; channel++) {
      const value = data[channel]!;
      result[channel] =
        backend === "cv2"
          ? fround(share * value + fround(rest * other))
          : Math.trunc(fround(other + fround(share * (value - other))));
    }
  }
  return { data: new Uint8Array(result.buffer), height, width, channels };
}
