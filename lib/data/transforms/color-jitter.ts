import { z } from "zod";
import { permutation, type Random } from "#lib/base/random.ts";
import { component } from "#lib/config/component/component.ts";
import { brightness, contrast, saturation } from "#lib/data/photometry/blend.ts";
import { shiftHue } from "#lib/data/photometry/hue.ts";
import { lookUp } from "#lib/data/photometry/lookup.ts";
import type { Operation } from "#lib/data/raster.ts";
import type { Transform } from "./transform.ts";

type Range = readonly [low: number, high: number];

const jitter = z.union([z.number().nonnegative(), z.tuple([z.number(), z.number()])]).default(0);
const factor = jitter.describe("Factors are drawn from 1 - x to 1 + x, or from (low, high).");

/** Changes brightness, contrast, saturation and hue at random, in random order. */
export const ColorJitter = component({
  schema: z.strictObject({
    brightness: factor,
    contrast: factor,
    saturation: factor,
    hue: jitter.describe("Shifts are drawn from -x to x, or from (low, high), in turns of the circle."),
    backend: z.enum(["cv2", "pillow"]).default("pillow").describe("Whose arithmetic to use."),
  }),
  create(config): Transform {
    const { backend } = config;
    const ranges = {
      brightness: rangeOf(config.brightness, FACTORS),
      contrast: rangeOf(config.contrast, FACTORS),
      saturation: rangeOf(config.saturation, FACTORS),
      hue: rangeOf(config.hue, SHIFTS),
    };
    const adjust: Readonly<Record<keyof typeof ranges, (by: number) => Operation>> = {
      brightness: (by) => ({ kind: "lookup", lookup: brightness(by, backend) }),
      contrast: (by) => ({ kind: "pixels", run: (image) => lookUp(image, contrast(image, by, backend)) }),
      saturation: (by) => ({ kind: "pixels", run: (image) => saturation(image, by, backend) }),
      hue: (by) => ({ kind: "pixels", run: (image) => shiftHue(image, Math.trunc(by * 255), backend) }),
    };
    const kinds = ["brightness", "contrast", "saturation", "hue"] as const;
    return {
      notes: kinds.flatMap((kind) => clippedNote(kind, config[kind], kind === "hue" ? SHIFTS : FACTORS)),
      plan(_size, random) {
        const order = permutation(kinds.length, random);
        const planned = kinds.map((kind) => draw(ranges[kind], random)?.map(adjust[kind]));
        return order.flatMap((index) => planned[index] ?? []);
      },
    };
  },
});

interface Bounds {
  /** What changes nothing. */
  readonly centre: number;
  readonly low: number;
  readonly high: number;
}

const FACTORS: Bounds = { centre: 1, low: 0, high: Infinity };
const SHIFTS: Bounds = { centre: 0, low: -0.5, high: 0.5 };

function written(value: number | Range, { centre }: Bounds): Range {
  return typeof value === "number" ? [centre - value, centre + value] : value;
}

/** What to draw from; undefined where nothing would change. */
function rangeOf(value: number | Range, bounds: Bounds): Range | undefined {
  const [low, high] = written(value, bounds).map((end) => Math.min(Math.max(end, bounds.low), bounds.high)) as [
    number,
    number,
  ];
  return low === bounds.centre && high === bounds.centre ? undefined : [low, high];
}

function clippedNote(kind: string, value: number | Range, bounds: Bounds): string[] {
  const [low, high] = written(value, bounds);
  if (low >= bounds.low && high <= bounds.high) return [];
  const [from, to] = rangeOf(value, bounds) ?? [bounds.centre, bounds.centre];
  return [`ColorJitter: ${kind} from ${low} to ${high} is held within ${from} to ${to}`];
}

/** None or one number, so that what is left out draws nothing. */
function draw(range: Range | undefined, random: Random): number[] | undefined {
  return range && [random.uniform(...range)];
}
