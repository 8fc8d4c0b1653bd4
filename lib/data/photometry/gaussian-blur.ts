import type { Image } from "#lib/data/types.ts";

/** Box blurs that imitate a Gaussian one. */
const PASSES = 3;
const ONE = 2 ** 24;

/** `PIL.ImageFilter.GaussianBlur`: three box blurs along the rows, then three along the columns; `radius` is the deviation in pixels. */
export function gaussianBlur(image: Image, radius: number): Image {
  const box = boxRadius(radius);
  if (box === 0) return image;
  const { height, width, channels } = image;
  const row = { count: width, step: channels };
  const column = { count: height, step: width * channels };
  const data = image.data.slice();
  for (let y = 0; y < height; y++) blurLines(data, { ...row, first: y * width * channels, channels }, box);
  for (let x = 0; x < width; x++) blurLines(data, { ...column, first: x * channels, channels }, box);
  return { data, height, width, channels };
}

/** Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended box filtering" (SSVM 2011), in single precision as in Pillow. */
function boxRadius(deviation: number): number {
  const { fround, sqrt, floor } = Math;
  const sigma = fround(deviation);
  const variance = fround(fround(sigma * sigma) / PASSES);
  const length = fround(sqrt(12 * variance + 1));
  const whole = fround(floor((length - 1) / 2));
  const numerator = fround((2 * whole + 1) * (whole * (whole + 1) - fround(3 * variance)));
  const denominator = fround(6 * fround(variance - fround((whole + 1) * (whole + 1))));
  return fround(whole + fround(numerator / denominator));
}

/** Lines of values, one for each channel, beginning side by side. */
interface Lines {
  readonly first: number;
  /** From one value to the next. */
  readonly step: number;
  readonly count: number;
  readonly channels: number;
}

function blurLines(data: Uint8Array, { first, step, count, channels }: Lines, radius: number): void {
  const whole = Math.trunc(radius);
  const weight = Math.floor(Math.fround(ONE / Math.fround(radius * 2 + 1))); // a float in Pillow, too
  const edgeWeight = Math.floor((ONE - (whole * 2 + 1) * weight) / 2);
  const line = new Uint8Array(count);
  const last = count - 1;
  for (let channel = first; channel < first + channels; channel++) {
    for (let pass = 0; pass < PASSES; pass++) {
      for (let at = 0, from = channel; at < count; at++, from += step) line[at] = data[from]!;
      let sum = line[0]! * (whole + 1);
      for (let at = 0; at < whole; at++) sum += line[Math.min(at, last)]!;
      for (let at = 0, to = channel; at < count; at++, to += step) {
        const before = line[Math.max(at - whole - 1, 0)]!;
        sum += line[Math.min(at + whole, last)]! - before;
        const total = sum * weight + (before + line[Math.min(at + whole + 1, last)]!) * edgeWeight;
        data[to] = Math.floor((total + ONE / 2) / ONE);
      }
    }
  }
}
