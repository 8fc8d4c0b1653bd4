import { z } from "zod";
import type { Random } from "#lib/base/random.ts";
import { component } from "#lib/config/component/component.ts";
import { roundHalfEven, type Box, type Size } from "#lib/data/geometry.ts";
import { clip } from "#lib/data/photometry/lookup.ts";
import { colour, compat, positiveRange, probability, wholeChannels } from "./keys.ts";
import type { Transform } from "./transform.ts";

const deviation = z.number().nonnegative();

/** Fills a random rectangle with a colour or noise (Zhong et al., "Random erasing data augmentation"). */
export const RandomErasing = component({
  schema: z
    .strictObject({
      erase_prob: probability.default(0.5).describe("Probability that it is applied."),
      min_area_ratio: probability.default(0.02).describe("Least share of the area."),
      max_area_ratio: probability.default(0.4).describe("Greatest share of the area."),
      aspect_range: z
        .union([z.number().positive(), positiveRange])
        .default([3 / 10, 10 / 3])
        .describe("Least and greatest height / width; one number stands for itself and its inverse."),
      mode: z.enum(["const", "rand"]).default("const").describe("const: fill_color; rand: each value is drawn."),
      fill_color: colour
        .default(128)
        .describe("A number, or one for each channel (BGR); of rand, the mean with fill_std."),
      fill_std: z
        .union([deviation, z.tuple([deviation, deviation, deviation])])
        .nullable()
        .default(null)
        .describe("Of rand: normal values of this deviation; without it, uniform ones."),
      compat: compat("the rectangle touches neither the last row nor the last column, unless it has all of them"),
    })
    .refine(({ min_area_ratio, max_area_ratio }) => min_area_ratio <= max_area_ratio, {
      path: ["max_area_ratio"],
      error: "expected no less than min_area_ratio",
    }),
  create(config): Transform {
    const aspects = logRange(config.aspect_range);
    const { fill_color: mean, fill_std: std } = config;
    const options = { ...config, aspects };
    return {
      plan(image, random) {
        if (random.next() > config.erase_prob) return [];
        const box = drawBox(image, options, random);
        if (config.mode === "const") return [{ kind: "erase", box, pixels: wholeChannels(mean) }];
        const pixels = new Uint8Array(box.height * box.width * 3);
        if (std === null) fillUniformly(pixels, random);
        else fillNormally(pixels, { means: channels(mean), stds: channels(std) }, random);
        return [{ kind: "erase", box, pixels }];
      },
    };
  },
});

type Range = readonly [low: number, high: number];

/** In single precision, as upstream. */
function logRange(aspects: number | Range): Range {
  const [low, high] =
    typeof aspects === "number" ? [Math.min(aspects, 1 / aspects), Math.max(aspects, 1 / aspects)] : aspects;
  return [Math.fround(Math.log(Math.fround(low))), Math.fround(Math.log(Math.fround(high)))];
}

interface BoxOptions {
  readonly aspects: Range;
  readonly min_area_ratio: number;
  readonly max_area_ratio: number;
  readonly compat: boolean;
}

function drawBox(image: Size, options: BoxOptions, random: Random): Box {
  const aspect = Math.exp(random.uniform(...options.aspects));
  const area = image.height * image.width * random.uniform(options.min_area_ratio, options.max_area_ratio);
  const height = Math.min(roundHalfEven(Math.sqrt(area * aspect)), image.height);
  const width = Math.min(roundHalfEven(Math.sqrt(area / aspect)), image.width);
  const lastPlaces = options.compat ? 1 : 0;
  const place = (room: number): number => (room > 0 ? random.integer(0, room - lastPlaces) : 0);
  const top = place(image.height - height);
  return { top, left: place(image.width - width), height, width };
}

function channels(value: number | readonly number[]): readonly number[] {
  return typeof value === "number" ? [value, value, value] : value;
}

function fillUniformly(pixels: Uint8Array, random: Random): void {
  for (let at = 0; at < pixels.length; at++) pixels[at] = random.uniform(0, 256);
}

interface Normal {
  readonly means: readonly number[];
  readonly stds: readonly number[];
}

function fillNormally(pixels: Uint8Array, { means, stds }: Normal, random: Random): void {
  for (let at = 0; at < pixels.length; at++) pixels[at] = clip(random.normal(means[at % 3], stds[at % 3]));
}
