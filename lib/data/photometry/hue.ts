import type { Image } from "#lib/data/types.ts";
import type { Backend } from "./grey.ts";

const { fround } = Math;

/** Turns the hue of each pixel by `turn` 256ths of the circle (`mmcv.adjust_hue`). A grey image stays. */
export function shiftHue(image: Image, turn: number, backend: Backend): Image {
  const { data, height, width, channels } = image;
  if (channels !== 3) return image;
  const { toHsv, fromHsv } = METHODS[backend];
  const result = new Uint8Array(data.length);
  const hsv = new Uint8Array(3);
  for (let at = 0; at < data.length; at += 3) {
    toHsv(data, at, hsv);
    hsv[0] = hsv[0]! + turn;
    fromHsv(hsv, result, at);
  }
  return { data: result, height, width, channels };
}

interface Method {
  /** Of the BGR pixel that begins at `at`. */
  toHsv(data: Uint8Array, at: number, hsv: Uint8Array): void;
  fromHsv(hsv: Uint8Array, data: Uint8Array, at: number): void;
}

const SHIFT = 12;
const HALF = 1 << (SHIFT - 1);
const byRange = (scale: (range: number) => number): Int32Array =>
  Int32Array.from({ length: 256 }, (_, range) => (range === 0 ? 0 : Math.round(scale(range))));
const SATURATIONS = byRange((value) => (255 << SHIFT) / value);
const HUES = byRange((range) => (256 << SHIFT) / (6 * range));

/** Which channel has the greatest, the least and the other level in each sixth of the circle. */
const GREATEST = Uint8Array.of(2, 1, 1, 0, 0, 2);
const LEAST = Uint8Array.of(0, 0, 2, 2, 1, 1);
const OTHER = Uint8Array.of(1, 2, 0, 1, 2, 0);

/** To the bit, but for 2 in a million of what comes back, which are off by 1. */
const cv2: Method = {
  toHsv(data, at, hsv) {
    const blue = data[at]!;
    const green = data[at + 1]!;
    const red = data[at + 2]!;
    const value = Math.max(blue, green, red);
    const range = value - Math.min(blue, green, red);
    const hue = value === red ? green - blue : value === green ? blue - red + 2 * range : red - green + 4 * range;
    const scaled = (hue * HUES[range]! + HALF) >> SHIFT;
    hsv[0] = scaled < 0 ? scaled + 256 : scaled;
    hsv[1] = (range * SATURATIONS[value]! + HALF) >> SHIFT;
    hsv[2] = value;
  },
  fromHsv(hsv, data, at) {
    const value = fround(hsv[2]! * fround(1 / 255));
    const saturation = fround(hsv[1]! * fround(1 / 255));
    // There and back the circle is divided differently, as in OpenCV.
    const place = fround(hsv[0]! * fround(6 / 255));
    const sector = Math.floor(place);
    const within = fround(place - sector);
    const falls = fround(saturation * (sector & 1 ? within : fround(1 - within)));
    const sixth = sector % 6;
    data[at + GREATEST[sixth]!] = Math.round(fround(value * 255));
    data[at + LEAST[sixth]!] = Math.round(fround(fround(value * fround(1 - saturation)) * 255));
    data[at + OTHER[sixth]!] = Math.round(fround(fround(value * fround(1 - falls)) * 255));
  },
};

const pillow: Method = {
  toHsv(data, at, hsv) {
    const blue = data[at]!;
    const green = data[at + 1]!;
    const red = data[at + 2]!;
    const value = Math.max(blue, green, red);
    const range = value - Math.min(blue, green, red);
    const blues = fround((value - blue) / range);
    const greens = fround((value - green) / range);
    const reds = fround((value - red) / range);
    const hue =
      value === red ? fround(blues - greens) : value === green ? fround(2 + reds - blues) : fround(4 + greens - reds);
    hsv[0] = range === 0 ? 0 : fround((hue / 6 + 1) % 1) * 255;
    hsv[1] = range === 0 ? 0 : fround(range / value) * 255;
    hsv[2] = value;
  },
  fromHsv(hsv, data, at) {
    const place = (hsv[0]! * 6) / 255;
    const sector = Math.floor(place);
    const within = fround(place - sector);
    const saturation = fround(hsv[1]! / 255);
    const value = hsv[2]!;
    const falls = saturation * (sector & 1 ? within : 1 - within);
    const sixth = sector % 6;
    data[at + GREATEST[sixth]!] = value;
    data[at + LEAST[sixth]!] = value * (1 - saturation) + 0.5;
    data[at + OTHER[sixth]!] = value * (1 - falls) + 0.5;
  },
};

const METHODS: Readonly<Record<Backend, Method>> = { cv2, pillow };
