import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { Size } from "#lib/data/geometry.ts";
import { CV2_INTERPOLATIONS, PILLOW_INTERPOLATIONS, type ResizeMethod } from "#lib/data/resize.ts";
import { MAX_EDGE_PX } from "#lib/data/size-limit.ts";

const METHODS: readonly ResizeMethod[] = [
  ...CV2_INTERPOLATIONS.map((interpolation) => ({ backend: "cv2", interpolation }) as const),
  ...PILLOW_INTERPOLATIONS.map((interpolation) => ({ backend: "pillow", interpolation }) as const),
];

/** An edge of the result. */
export const edge = z.int().positive().max(MAX_EDGE_PX);

const backend = z.enum(["cv2", "pillow"]).default("cv2").describe("Whose arithmetic to resize with.");
const interpolation = z.enum([...CV2_INTERPOLATIONS, "box", "hamming"]);
const interpolationText = "How to resize: cv2 knows area, pillow knows box and hamming; both know the rest.";

/** `backend` and `interpolation` of the transforms that resize. */
export const resizeKeys = { backend, interpolation: interpolation.default("bilinear").describe(interpolationText) };
/** The same for EfficientNet's crops, whose default differs. */
export const bicubicKeys = { backend, interpolation: interpolation.default("bicubic").describe(interpolationText) };

interface ResizeKeys {
  readonly backend: "cv2" | "pillow";
  readonly interpolation: ResizeMethod["interpolation"];
}

function findMethod(keys: ResizeKeys): ResizeMethod | undefined {
  return METHODS.find((method) => method.backend === keys.backend && method.interpolation === keys.interpolation);
}

/** What checked keys stand for. */
export function resizeMethod(keys: ResizeKeys): ResizeMethod {
  return defined(findMethod(keys), `the resize method of ${keys.backend} and ${keys.interpolation}`);
}

/** Arguments of `refine` for schemas that spread `resizeKeys`. */
export const knownResizeMethod: [(keys: ResizeKeys) => boolean, { path: string[]; error: string }] = [
  (keys) => findMethod(keys) !== undefined,
  { path: ["interpolation"], error: "this backend does not know this interpolation" },
];

/** An edge for a square, or two edges. */
export const edges = z.union([edge, z.tuple([edge, edge])]);

export function heightWidth(value: z.infer<typeof edges>): Size {
  const [height, width] = typeof value === "number" ? [value, value] : value;
  return { height, width };
}

export function widthHeight(value: z.infer<typeof edges>): Size {
  const [width, height] = typeof value === "number" ? [value, value] : value;
  return { height, width };
}

/** A range whose ends are in order and above 0. */
export const positiveRange = z
  .tuple([z.number().positive(), z.number().positive()])
  .refine(([low, high]) => low <= high, { error: "the first number must not exceed the second" });
