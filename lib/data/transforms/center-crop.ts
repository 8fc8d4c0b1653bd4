import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { centerCropBox, type Size } from "#lib/data/geometry.ts";
import type { Operation } from "#lib/data/raster.ts";
import { edges, widthHeight } from "./keys.ts";
import type { Transform } from "./transform.ts";

const BLACK = [0, 0, 0];

/** Cuts out the middle. A larger crop is cut to the image, unless `auto_pad` fills it up. */
export const CenterCrop = component({
  schema: z.strictObject({
    crop_size: edges.describe("Size of the crop: one edge for a square, or (width, height)."),
    auto_pad: z.boolean().default(false).describe("Fill a smaller image up with black, right and below."),
  }),
  create(config): Transform {
    const wanted = widthHeight(config.crop_size);
    return {
      plan(size) {
        // First cut, then filled up: the same pixels, without a large image in between.
        const box = centerCropBox(size, wanted);
        return [{ kind: "crop", box }, ...(config.auto_pad ? fillUp(box, wanted) : [])];
      },
    };
  },
});

function fillUp(size: Size, wanted: Size): Operation[] {
  const right = Math.max(0, wanted.width - size.width);
  const bottom = Math.max(0, wanted.height - size.height);
  return right + bottom === 0 ? [] : [{ kind: "pad", padding: { left: 0, top: 0, right, bottom }, colour: BLACK }];
}
