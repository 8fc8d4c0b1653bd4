import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import type { Transform } from "./transform.ts";

const localBackend = z.looseObject({ backend: z.enum(["local", "disk"]) });

/** Reads and decodes the sample's file (or the bytes it brings along) to BGR pixels. */
export const LoadImageFromFile = component({
  schema: z.strictObject({
    to_float32: z.literal(false).default(false).describe("Pixels stay uint8 until the preprocessor."),
    color_type: z.literal("color").default("color").describe("Three channels, turned by EXIF orientation."),
    imdecode_backend: ignored("all decode alike here", z.enum(["cv2", "turbojpeg", "pillow"]).default("cv2")),
    ignore_empty: ignored("the loader's rule for bad samples holds", z.boolean().default(false)),
    backend_args: localBackend.nullable().default(null).describe("Where files come from; only local ones here."),
    file_client_args: localBackend.nullable().default(null).describe("The older name of backend_args."),
  }),
  create(_config): Transform {
    return { loads: true, plan: () => [] };
  },
});
