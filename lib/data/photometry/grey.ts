import type { Image } from "#lib/data/types.ts";

/** Whose arithmetic to adjust colours with. */
export type Backend = "cv2" | "pillow";

/** Weights of blue, green and red (ITU-R BT.601) in fixed point. */
interface Weights {
  readonly blue: number;
  readonly green: number;
  readonly red: number;
  readonly bits: number;
}

const WEIGHTS: Readonly<Record<Backend, Weights>> = {
  cv2: { blue: 3735, green: 19235, red: 9798, bits: 15 },
  pillow: { blue: 7471, green: 38470, red: 19595, bits: 16 },
};

/** How light each pixel is. [H, W] */
export function lightness({ data, channels }: Image, backend: Backend): Uint8Array {
  if (channels !== 3) return data;
  const { blue, green, red, bits } = WEIGHTS[backend];
  const half = 1 << (bits - 1);
  const result = new Uint8Array(data.length / 3);
  for (let at = 0, from = 0; at < result.length; at++, from += 3) {
    result[at] = (data[from]! * blue + data[from + 1]! * green + data[from + 2]! * red + half) >> bits;
  }
  return result;
}

/** The weighted sum of the channels, cut to whole numbers, in so many equal ones. */
export function weightedGrey(
  { data, height, width, channels }: Image,
  weights: readonly number[],
  copies: number,
): Image {
  if (channels === 1) return { data, height, width, channels };
  const [blue, green, red] = [weights[0]!, weights[1]!, weights[2]!];
  const result = new Uint8Array(height * width * copies);
  for (let from = 0, to = 0; from < data.length; from += 3) {
    const grey = data[from]! * blue + data[from + 1]! * green + data[from + 2]! * red;
    for (const end = to + copies; to < end; to++) result[to] = grey;
  }
  return { data: result, height, width, channels: copies };
}
