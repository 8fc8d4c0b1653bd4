import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { resizeEdgeSize } from "#lib/data/geometry.ts";
import { edge, knownResizeMethod, resizeKeys, resizeMethod } from "./keys.ts";
import type { Transform } from "./transform.ts";

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
    return {
      plan: (image) => [{ kind: "resize", size: resizeEdgeSize(image, config.scale, config.edge), method }],
    };
  },
});
