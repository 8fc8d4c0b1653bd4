import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { centerCropBox } from "#lib/data/geometry.ts";
import { edges, widthHeight } from "./keys.ts";
import { padKeys, padTo } from "./pad.ts";
import type { Transform } from "./transform.ts";

/** Cuts out the middle. A larger crop is cut to the image, unless `auto_pad` fills it up, right and below. */
export const CenterCrop = component({
  schema: z.strictObject({
    crop_size: edges.describe("Size of the crop: one edge for a square, or (width, height)."),
    auto_pad: z.boolean().default(false).describe("Fill a smaller image up, right and below."),
    pad_cfg: z
      .strictObject({ type: z.literal("Pad").default("Pad"), ...padKeys, size: ignored("it is the size of the crop") })
      .prefault({})
      .describe("How to fill up: keys of Pad."),
    clip_object_border: ignored("there are no boxes"),
  }),
  create(config): Transform {
    const wanted = widthHeight(config.crop_size);
    return {
      plan(size) {
        // First cut, then filled up: the same pixels, without a large image in between.
        const box = centerCropBox(size, wanted);
        return [{ kind: "crop", box }, ...(config.auto_pad ? padTo(box, wanted, config.pad_cfg) : [])];
      },
    };
  },
});
