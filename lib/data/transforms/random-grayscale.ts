import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { weightedGrey } from "#lib/data/photometry/grey.ts";
import { probability } from "./keys.ts";
import type { Transform } from "./transform.ts";

const weight = z.number().nonnegative();

/** Makes the image grey with some probability. */
export const RandomGrayscale = component({
  schema: z
    .strictObject({
      prob: probability.default(0.1).describe("Probability that it is applied."),
      keep_channels: z
        .boolean()
        .default(false)
        .describe("Whether a grey image has three equal channels, as the models here need them."),
      channel_weights: z
        .tuple([weight, weight, weight])
        .default([1, 1, 1])
        .describe("Share of each channel, in the image's order (BGR)."),
      color_format: ignored("images are BGR", z.enum(["bgr", "rgb"]).default("bgr")),
    })
    .refine(({ channel_weights }) => channel_weights.some((share) => share > 0), {
      path: ["channel_weights"],
      error: "expected a weight above 0",
    }),
  create({ prob, keep_channels, channel_weights }): Transform {
    const sum = channel_weights.reduce((total, share) => total + share, 0);
    const shares = channel_weights.map((share) => share / sum);
    return {
      plan: (_size, random) =>
        random.next() < prob
          ? [{ kind: "pixels", run: (image) => weightedGrey(image, shares, keep_channels ? image.channels : 1) }]
          : [],
    };
  },
});
