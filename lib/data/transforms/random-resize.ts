import { z } from "zod";
import type { Random } from "#lib/base/random.ts";
import { component } from "#lib/config/component/component.ts";
import { keepRatioSize, type Size } from "#lib/data/geometry.ts";
import { chosenResizeKeys, edge, knownResizeMethod, positiveRange, resizeMethod } from "./keys.ts";
import type { Transform } from "./transform.ts";

const size = z.tuple([edge, edge]);

/** Resizes to a size drawn between two, or to one times a number drawn from a range. */
export const RandomResize = component({
  schema: z
    .strictObject({
      scale: z
        .union([size, z.tuple([size, size])])
        .describe("(width, height), or the least and the greatest of those."),
      ratio_range: positiveRange
        .nullable()
        .default(null)
        .describe("With one size: what it is multiplied by, at least and at most."),
      ...chosenResizeKeys,
    })
    .refine(...knownResizeMethod)
    .refine(({ scale, ratio_range }) => typeof scale[0] !== "number" || ratio_range !== null, {
      path: ["ratio_range"],
      error: "expected (least, greatest), since scale is one size",
    }),
  create(config): Transform {
    const method = resizeMethod(config);
    return {
      plan(image, random) {
        const drawn = drawSize(config, random);
        const target = config.keep_ratio ? keepRatioSize(image, [drawn.width, drawn.height]) : drawn;
        return [{ kind: "resize", size: target, method }];
      },
    };
  },
});

type Pair = readonly [number, number];

interface Scales {
  readonly scale: Pair | readonly [Pair, Pair];
  readonly ratio_range: Pair | null;
}

function drawSize({ scale, ratio_range }: Scales, random: Random): Size {
  const [first, second] = scale;
  if (typeof first === "number" || typeof second === "number") {
    const [low, high] = ratio_range ?? [1, 1];
    const ratio = random.next() * (high - low) + low;
    const scaled = (length: number): number => Math.max(1, Math.trunc(length * ratio));
    return { width: scaled(Number(first)), height: scaled(Number(second)) };
  }
  const between = (a: number, b: number): number => random.integer(Math.min(a, b), Math.max(a, b));
  const width = between(first[0], second[0]);
  return { width, height: between(first[1], second[1]) };
}
