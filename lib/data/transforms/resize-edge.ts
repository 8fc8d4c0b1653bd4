import { z } from "zod";
import { component } from "#lib/config/component.ts";
import { resizeEdgeSize } from "../geometry.ts";
import { resize } from "../resize.ts";
import type { Transform } from "../types.ts";
import { withImage } from "./context.ts";
import { edge, knownResizeMethod, resizeKeys, resizeMethod } from "./keys.ts";

/** Resizes one edge to `scale` pixels and keeps the aspect ratio. */
export const ResizeEdge = component({
  schema: z
    .strictObject({
      scale: edge.describe("Pixels of the edge."),
      edge: z.enum(["short", "long", "width", "height"]).default("short").describe("Which edge."),
      ...resizeKeys,
    })
    .refine(...knownResizeMethod),
  create(config): Transform {
    const method = resizeMethod(config);
    return (sample) =>
      withImage(sample, (image) => resize(image, resizeEdgeSize(image, config.scale, config.edge), method));
  },
});
