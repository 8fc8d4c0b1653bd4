import { randomStream, type Random } from "#lib/base/random.ts";
import { buildComponent } from "#lib/config/component/build.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import { applyOperation } from "#lib/data/raster.ts";
import { transforms } from "#lib/data/transforms/index.ts";
import type { Transform } from "#lib/data/transforms/transform.ts";
import type { Image } from "#lib/data/types.ts";
import { node } from "../support.ts";

export function build(config: ConfigDict): Transform {
  return buildComponent(transforms, node(config, "pipeline.0"), undefined);
}

/** What a transform makes of an image that is there. */
export function transformed(transform: Transform, image: Image, random: Random = randomStream(0)): Image {
  return transform.plan(image, random).reduce(applyOperation, image);
}

export function apply(config: ConfigDict, image: Image, random?: Random): Image {
  return transformed(build(config), image, random);
}

/** Draws that are all the same: a number from 0 to 1, the place within whatever range is asked for. */
export function always(share: number): Random {
  return {
    next: () => share,
    uniform: (low, high) => low + (high - low) * share,
    integer: (low, high) => Math.min(high, low + Math.floor((high - low + 1) * share)),
    normal: (mean = 0, deviation = 1) => mean + deviation * 3.4 * (share - 0.5),
  };
}

/** An image of one colour. */
export function flat(height: number, width: number, colour: readonly number[]): Image {
  const channels = colour.length;
  const data = Uint8Array.from({ length: height * width * channels }, (_, index) => colour[index % channels] ?? 0);
  return { data, height, width, channels };
}

/** The channels of one pixel. */
export function pixel({ data, width, channels }: Image, x: number, y: number): number[] {
  const at = (y * width + x) * channels;
  return [...data.subarray(at, at + channels)];
}
