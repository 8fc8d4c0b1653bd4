import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { clip, lookupOf, perChannel } from "#lib/data/photometry/lookup.ts";
import type { Operation } from "#lib/data/raster.ts";
import { swapChannels } from "#lib/data/pixels.ts";
import { compat } from "./keys.ts";
import type { Transform } from "./transform.ts";

const row = z.array(z.number()).nonempty();

/**
 * Adds to all pixels a colour along the principal axes of a data set's colours (Krizhevsky et al., "ImageNet
 * classification with deep convolutional neural networks").
 */
export const Lighting = component({
  schema: z
    .strictObject({
      eigval: row.describe("How far the colours spread along each axis."),
      eigvec: z.tuple([row, row, row]).describe("For each channel, its share of each axis."),
      alphastd: z.number().nonnegative().default(0.1).describe("Deviation of the normal factor of each axis."),
      to_rgb: z.boolean().default(false).describe("Swap BGR to RGB first; the image stays so."),
      compat: compat("what is below 0 or above 255 wraps modulo 256"),
    })
    .refine(({ eigval, eigvec }) => eigvec.every((shares) => shares.length === eigval.length), {
      path: ["eigvec"],
      error: "expected three lists as long as eigval",
    }),
  create({ eigval, eigvec, alphastd, to_rgb, compat: wraps }): Transform {
    const swap: Operation[] = to_rgb ? [{ kind: "pixels", run: swapChannels }] : [];
    return {
      plan(_size, random) {
        const factors = eigval.map((value) => random.normal(0, alphastd) * value);
        const lookups = eigvec.map((shares) => {
          const added = shares.reduce((sum, share, axis) => sum + share * (factors[axis] ?? 0), 0);
          return lookupOf((value) => (wraps ? Math.trunc(value + added) & 255 : clip(value + added)));
        });
        return [...swap, { kind: "lookup", lookup: perChannel(lookups) }];
      },
    };
  },
});
