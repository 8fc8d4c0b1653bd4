import { z } from "zod";
import type { Random } from "#lib/base/random.ts";
import { component } from "#lib/config/component/component.ts";
import type { Box, Size } from "#lib/data/geometry.ts";
import type { Padding } from "#lib/data/pixels.ts";
import { sizeAfter, type Operation } from "#lib/data/raster.ts";
import { MAX_EDGE_PX } from "#lib/data/size-limit.ts";
import { channelsOf, colour, compat, edges, fillOf, heightWidth, paddingMode } from "./keys.ts";
import type { Transform } from "./transform.ts";

const margin = z.int().nonnegative().max(MAX_EDGE_PX);

/** Cuts out a part of fixed size at random. A larger crop is cut to the image, unless that is filled up. */
export const RandomCrop = component({
  schema: z.strictObject({
    crop_size: edges.describe("Size of the crop: one edge for a square, or (height, width)."),
    padding: z
      .union([margin, z.tuple([margin, margin]), z.tuple([margin, margin, margin, margin])])
      .nullable()
      .default(null)
      .describe("Pixels to add first: on all sides, (left and right, top and bottom), or (left, top, right, bottom)."),
    pad_if_needed: z.boolean().default(false).describe("Fill a smaller image up to the crop, on both sides."),
    pad_val: colour.default(0).describe("Colour to add: a number, or one for each channel (BGR)."),
    padding_mode: paddingMode,
    compat: compat("a single pad_val fills the first channel only, and padding_mode does not hold for padding"),
  }),
  create(config): Transform {
    const wanted = heightWidth(config.crop_size);
    const channels = channelsOf(config.pad_val, config.compat);
    const first = fillOf(config.compat ? "constant" : config.padding_mode, channels);
    const second = fillOf(config.padding_mode, channels);
    return {
      plan(size, random) {
        const operations: Operation[] = [];
        const add = (padding: Padding, fill: typeof first): number => operations.push({ kind: "pad", padding, fill });
        if (config.padding !== null) add(paddingOf(config.padding), first);
        const padded = operations.reduce(sizeAfter, size);
        const [x, y] = [missing(padded.width, wanted.width), missing(padded.height, wanted.height)];
        if (config.pad_if_needed && x + y > 0) add({ left: x, right: x, top: y, bottom: y }, second);
        const box = drawBox(operations.reduce(sizeAfter, size), wanted, random);
        return [...operations, { kind: "crop", box }];
      },
    };
  },
});

function paddingOf(padding: number | readonly number[]): Padding {
  const [left = 0, top = left, right = left, bottom = top] = typeof padding === "number" ? [padding] : padding;
  return { left, top, right, bottom };
}

function missing(length: number, wanted: number): number {
  return Math.ceil(Math.max(0, wanted - length) / 2);
}

function drawBox(image: Size, wanted: Size, random: Random): Box {
  const height = Math.min(wanted.height, image.height);
  const width = Math.min(wanted.width, image.width);
  if (wanted.height === image.height && wanted.width === image.width) return { top: 0, left: 0, height, width };
  const top = random.integer(0, image.height - height);
  return { top, left: random.integer(0, image.width - width), height, width };
}
