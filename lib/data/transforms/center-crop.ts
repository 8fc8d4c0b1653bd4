import { z } from "zod";
import { component } from "#lib/config/component.ts";
import { centerCropBox, type Size } from "../geometry.ts";
import { crop, pad } from "../pixels.ts";
import type { Image, Transform } from "../types.ts";
import { withImage } from "./context.ts";
import { edges, widthHeight } from "./keys.ts";

const BLACK = [0, 0, 0];

/** Cuts out the middle. A larger crop is cut to the image, unless `auto_pad` fills it up. */
export const CenterCrop = component({
  schema: z.strictObject({
    crop_size: edges.describe("Size of the crop: one edge for a square, or (width, height)."),
    auto_pad: z.boolean().default(false).describe("Fill a smaller image up with black, right and below."),
  }),
  create(config): Transform {
    const size = widthHeight(config.crop_size);
    return (sample) =>
      withImage(sample, (image) => {
        // First cut, then filled up: the same pixels, without a large image in between.
        const middle = crop(image, centerCropBox(image, size));
        return config.auto_pad ? fillUp(middle, size) : middle;
      });
  },
});

function fillUp(image: Image, size: Size): Image {
  const right = Math.max(0, size.width - image.width);
  const bottom = Math.max(0, size.height - image.height);
  return right + bottom === 0 ? image : pad(image, { left: 0, top: 0, right, bottom }, BLACK);
}
