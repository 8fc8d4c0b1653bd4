import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { keepRatioSize, scaledSize, type Size } from "#lib/data/geometry.ts";
import { edges, knownResizeMethod, resizeKeys, resizeMethod, widthHeight } from "./keys.ts";
import type { Transform } from "./transform.ts";

const factor = z.number().positive();

/** Resizes to a size, or by a factor. */
export const Resize = component({
  schema: z
    .strictObject({
      scale: edges.nullable().default(null).describe("Size of the result: one edge for a square, or (width, height)."),
      scale_factor: z
        .union([factor, z.tuple([factor, factor])])
        .nullable()
        .default(null)
        .describe("In place of scale: one factor, or (x, y)."),
      keep_ratio: z.boolean().default(false).describe("Fit into scale, whichever way round, keeping the aspect ratio."),
      clip_object_border: ignored("there are no boxes"),
      ...resizeKeys,
    })
    .refine(...knownResizeMethod)
    .refine(({ scale, scale_factor }) => scale !== null || scale_factor !== null, {
      path: ["scale"],
      error: "expected scale or scale_factor",
    }),
  create(config): Transform {
    const method = resizeMethod(config);
    return { plan: (image) => [{ kind: "resize", size: targetSize(image, config), method }] };
  },
});

interface Scaling {
  readonly scale: number | [number, number] | null;
  readonly scale_factor: number | [number, number] | null;
  readonly keep_ratio: boolean;
}

function targetSize(image: Size, { scale, scale_factor, keep_ratio }: Scaling): Size {
  const [x, y] = typeof scale_factor === "number" ? [scale_factor, scale_factor] : (scale_factor ?? [1, 1]);
  const size = scale === null ? scaledSize(image, [x, y]) : widthHeight(scale);
  return keep_ratio ? keepRatioSize(image, [size.width, size.height]) : size;
}
