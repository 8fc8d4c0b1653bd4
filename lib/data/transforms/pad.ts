import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import type { Size } from "#lib/data/geometry.ts";
import type { Operation } from "#lib/data/raster.ts";
import { channelsOf, colour, edge, fillOf, paddingMode } from "./keys.ts";
import type { Transform } from "./transform.ts";

/** How an image is filled up. */
export const padKeys = {
  pad_val: z
    .union([colour, z.strictObject({ img: colour.default(0), seg: ignored("there are no segmentation maps") })])
    .default(0)
    .describe("What to fill with: a number, one for each channel (BGR), or dict(img=...) of those."),
  padding_mode: paddingMode,
};

type Padding = z.infer<z.ZodObject<typeof padKeys>>;

/** Fills an image up, right and below. Where it is larger than asked for, it stays. */
export const Pad = component({
  schema: z
    .strictObject({
      size: z.tuple([edge, edge]).nullable().default(null).describe("Size of the result: (width, height)."),
      size_divisor: edge.nullable().default(null).describe("Fill both edges up to multiples of it."),
      pad_to_square: z.boolean().default(false).describe("Fill the shorter edge up to the longer one, first."),
      ...padKeys,
    })
    .refine(({ size, size_divisor, pad_to_square }) => size === null || (size_divisor === null && !pad_to_square), {
      path: ["size"],
      error: "expected either size, or size_divisor and pad_to_square",
    })
    .refine(({ size, size_divisor, pad_to_square }) => size !== null || size_divisor !== null || pad_to_square, {
      path: ["size"],
      error: "expected size, size_divisor or pad_to_square=True",
    }),
  create(config): Transform {
    return { plan: (image) => padTo(image, targetSize(image, config), config) };
  },
});

/** The operations that fill an image up to a size. */
export function padTo(image: Size, wanted: Size, { pad_val, padding_mode }: Padding): Operation[] {
  const right = Math.max(0, wanted.width - image.width);
  const bottom = Math.max(0, wanted.height - image.height);
  if (right + bottom === 0) return [];
  const value = typeof pad_val === "object" && "img" in pad_val ? pad_val.img : pad_val;
  return [{ kind: "pad", padding: { left: 0, top: 0, right, bottom }, fill: fillOf(padding_mode, channelsOf(value)) }];
}

interface Target {
  readonly size: readonly [number, number] | null;
  readonly size_divisor: number | null;
  readonly pad_to_square: boolean;
}

function targetSize(image: Size, { size, size_divisor, pad_to_square }: Target): Size {
  if (size) return { width: size[0], height: size[1] };
  const longer = Math.max(image.width, image.height);
  const up = (length: number): number => Math.ceil(length / (size_divisor ?? 1)) * (size_divisor ?? 1);
  return pad_to_square
    ? { width: up(longer), height: up(longer) }
    : { width: up(image.width), height: up(image.height) };
}
