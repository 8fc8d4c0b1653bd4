import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { drawIndex } from "./draw.ts";
import { probability } from "./keys.ts";
import type { Transform } from "./transform.ts";

const direction = z.enum(["horizontal", "vertical", "diagonal"]);

/** Mirrors the image with some probability. */
export const RandomFlip = component({
  schema: z
    .strictObject({
      prob: z
        .union([probability, z.array(probability).nonempty()])
        .describe("Probability of a flip, shared evenly by the directions; or one for each direction."),
      direction: z
        .union([direction, z.array(direction).nonempty()])
        .default("horizontal")
        .describe("horizontal, vertical, diagonal, or a list of them to choose from."),
      swap_seg_labels: ignored("there are no segmentation maps"),
    })
    .refine(({ prob, direction: directions }) => !Array.isArray(prob) || prob.length === [directions].flat().length, {
      path: ["prob"],
      error: "expected one probability for each direction",
    })
    .refine(({ prob }) => [prob].flat().reduce((sum, one) => sum + one, 0) <= 1 + 1e-9, {
      path: ["prob"],
      error: "the probabilities add up to more than 1",
    }),
  create(config): Transform {
    const directions = [config.direction].flat();
    const { prob } = config;
    const probabilities = Array.isArray(prob) ? prob : directions.map(() => prob / directions.length);
    return {
      plan(_size, random) {
        // One draw decides whether and how, so that a sample's later draws do not depend on it.
        const flipped = directions[drawIndex(probabilities, random) ?? directions.length];
        return flipped ? [{ kind: "flip", direction: flipped }] : [];
      },
    };
  },
});
