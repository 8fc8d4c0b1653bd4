import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { roundHalfEven, type Size } from "#lib/data/geometry.ts";
import type { EdgeMode } from "#lib/data/pixels.ts";
import { CV2_INTERPOLATIONS, PILLOW_INTERPOLATIONS, type ResizeMethod } from "#lib/data/resize.ts";
import { WARP_INTERPOLATIONS, type WarpInterpolation } from "#lib/data/warp/warp.ts";
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

/** Keys of Resize for transforms that draw its scale. */
export const chosenResizeKeys = {
  resize_type: z.literal("Resize").default("Resize").describe("How to resize: always as Resize does."),
  keep_ratio: z.boolean().default(false).describe("Fit into the size, whichever way round, keeping the aspect ratio."),
  clip_object_border: ignored("there are no boxes"),
  ...resizeKeys,
};

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

export const probability = z.number().min(0).max(1);

const level = z.number().min(0).max(255);

/** A colour: one number for all channels, or one for each in the image's order, which is BGR. */
export const colour = z.union([level, z.tuple([level, level, level])]);

/** A number for each channel. Upstream, a single one is the first channel's in some places, and the others are 0. */
export function channelsOf(value: z.infer<typeof colour>, firstOnly = false): readonly number[] {
  const channels = typeof value === "number" ? [value, firstOnly ? 0 : value, firstOnly ? 0 : value] : value;
  return channels.map(roundHalfEven);
}

/** The same, cut to whole numbers. */
export function wholeChannels(value: z.infer<typeof colour>): readonly number[] {
  return (typeof value === "number" ? [value, value, value] : value).map(Math.trunc);
}

export const direction = z
  .enum(["horizontal", "vertical"])
  .default("horizontal")
  .describe("Along the rows or the columns.");

const warpInterpolation = z.enum(WARP_INTERPOLATIONS);

/** Keys of the transforms that warp. */
interface WarpKeys {
  readonly pad_val: z.ZodDefault<typeof colour>;
  readonly interpolation: z.ZodDefault<typeof warpInterpolation>;
}

/** @param unlessTold how they mix pixels, which differs. */
export function warpKeys(unlessTold: WarpInterpolation): WarpKeys {
  return {
    pad_val: colour.default(128).describe("What lies around: a number, or one for each channel (BGR)."),
    interpolation: warpInterpolation.default(unlessTold).describe("How to mix pixels; area is bilinear."),
  };
}

export const paddingMode = z
  .enum(["constant", "edge", "reflect", "symmetric"])
  .default("constant")
  .describe("What to fill with: pad_val, the outermost pixels, or what is mirrored without or with those.");

/** What `padding_mode` and `pad_val` stand for. */
export function fillOf(mode: z.infer<typeof paddingMode>, channels: readonly number[]): readonly number[] | EdgeMode {
  return mode === "constant" ? channels : mode;
}

/** The switch of transforms that correct a slip of mmpretrain. @param does what it then does. */
export function compat(does: string): z.ZodDefault<z.ZodBoolean> {
  return z
    .boolean()
    .default(false)
    .meta({ description: `As mmpretrain has it: ${does}.` });
}
