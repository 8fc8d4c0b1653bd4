import { z } from "zod";
import type { Random } from "#lib/base/random.ts";
import { component } from "#lib/config/component/component.ts";
import type { Box, Size } from "#lib/data/geometry.ts";
import { augmentationKeys, EXTRAPOLATES, sometimes, drawMagnitude, oneMagnitude } from "./augmentation.ts";
import { colour, compat, wholeChannels } from "./keys.ts";
import type { Transform } from "./transform.ts";

const edge = z.int().nonnegative();

/** Fills a rectangle around a random place with one colour. */
export const Cutout = component({
  schema: z
    .strictObject({
      shape: z
        .union([edge, z.tuple([edge, edge])])
        .nullable()
        .default(null)
        .describe("Its size in pixels: one edge, or (height, width)."),
      pad_val: colour.default(128).describe("Its colour: a number, or one for each channel (BGR)."),
      ...augmentationKeys,
      compat: compat(`its middle is never in the first row or column, and ${EXTRAPOLATES}`),
    })
    .refine(...oneMagnitude("shape")),
  create(config): Transform {
    const pixels = wholeChannels(config.pad_val);
    const least = config.compat ? 1 : 0;
    return sometimes(config, (image, random) => {
      const shape = config.shape ?? Math.max(0, Math.trunc(drawMagnitude(config, random)));
      const [height, width] = typeof shape === "number" ? [shape, shape] : shape;
      return { kind: "erase", box: drawBox(image, { height, width, least }, random), pixels };
    });
  },
});

interface Cut extends Size {
  /** The least place of the middle. */
  readonly least: number;
}

function drawBox(image: Size, cut: Cut, random: Random): Box {
  const middleY = random.uniform(image.height, cut.least);
  const middleX = random.uniform(image.width, cut.least);
  const top = Math.trunc(Math.max(0, middleY - cut.height / 2));
  const left = Math.trunc(Math.max(0, middleX - cut.width / 2));
  const height = Math.min(image.height - top, cut.height);
  return { top, left, height, width: Math.min(image.width - left, cut.width) };
}
