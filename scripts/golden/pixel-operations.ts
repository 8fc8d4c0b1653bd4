import { z } from "zod";
import { defined } from "#lib/base/assert.ts";
import type { Random } from "#lib/base/random.ts";
import { brightness, contrast, saturation } from "#lib/data/photometry/blend.ts";
import { gaussianBlur } from "#lib/data/photometry/gaussian-blur.ts";
import { weightedGrey } from "#lib/data/photometry/grey.ts";
import { autoContrast, equalize } from "#lib/data/photometry/histogram.ts";
import { shiftHue } from "#lib/data/photometry/hue.ts";
import { lookUp } from "#lib/data/photometry/lookup.ts";
import { sharpness } from "#lib/data/photometry/sharpness.ts";
import { invert, posterize, solarize } from "#lib/data/photometry/tables.ts";
import { flip } from "#lib/data/pixels.ts";
import { applyOperation } from "#lib/data/raster.ts";
import { resize, type ResizeMethod } from "#lib/data/resize.ts";
import { transforms } from "#lib/data/transforms/index.ts";
import type { Image } from "#lib/data/types.ts";
import { inverse, rotation, shear, translation, type Affine } from "#lib/data/warp/affine.ts";
import { warp, WARP_INTERPOLATIONS } from "#lib/data/warp/warp.ts";
import { build } from "./build.ts";

export type PixelOperation = (image: Image, params: Readonly<Record<string, unknown>>) => Image;

export const noRandom: Random = {
  next: () => notDrawn("a number"),
  uniform: () => notDrawn("a float"),
  integer: () => notDrawn("an integer"),
  normal: () => notDrawn("a normal deviate"),
};

function notDrawn(what: string): never {
  throw new Error(`${what} was asked for where none is needed`);
}

function viaTransform(type: keyof typeof transforms.components, random = noRandom): PixelOperation {
  return (image, params) => {
    const transform = defined(build(transforms, { type, ...params }, undefined), type);
    return transform.plan(image, random).reduce(applyOperation, image);
  };
}

const resizeParams = z.strictObject({
  backend: z.enum(["cv2", "pillow"]).default("cv2"),
  interpolation: z.string().default("bilinear"),
  size_wh: z.tuple([z.int(), z.int()]),
});
const adjustment = z
  .strictObject({
    factor: z.number().optional(),
    alpha: z.number().optional(),
    backend: z.enum(["cv2", "pillow"]).default("cv2"),
  })
  .transform(({ factor, alpha, backend }) => ({ factor: factor ?? alpha ?? 1, backend }));
const warpParams = z.strictObject({
  border: z.array(z.number()),
  interpolation: z.enum(WARP_INTERPOLATIONS),
  angle: z.number().default(0),
  magnitude: z.number().default(0),
  offset: z.number().default(0),
  direction: z.enum(["horizontal", "vertical"]).default("horizontal"),
});

function warped(matrix: (params: z.infer<typeof warpParams>, image: Image) => Affine): PixelOperation {
  return (image, params) => {
    const { border, interpolation, ...rest } = warpParams.parse(params);
    const source = inverse(matrix({ border, interpolation, ...rest }, image));
    return warp(image, { source, interpolation, colour: border });
  };
}

/** What the file calls an operation, and what petage does. */
export const PIXEL_OPERATIONS: Readonly<Record<string, PixelOperation>> = {
  imresize: (image, params) => {
    const { size_wh, ...method } = resizeParams.parse(params);
    return resize(image, { width: size_wh[0], height: size_wh[1] }, method as ResizeMethod);
  },
  centercrop: viaTransform("CenterCrop"),
  resize_edge: viaTransform("ResizeEdge"),
  resize_keep_ratio: viaTransform("Resize"),
  efficientnet_center_crop: viaTransform("EfficientNetCenterCrop"),
  flip_horizontal: (image) => flip(image, "horizontal"),
  flip_vertical: (image) => flip(image, "vertical"),
  flip_diagonal: (image) => flip(image, "diagonal"),
  adjust_brightness: (image, params) => {
    const { factor, backend } = adjustment.parse(params);
    return lookUp(image, brightness(factor, backend));
  },
  adjust_contrast: (image, params) => {
    const { factor, backend } = adjustment.parse(params);
    return lookUp(image, contrast(image, factor, backend));
  },
  adjust_color: (image, params) => {
    const { factor, backend } = adjustment.parse(params);
    return saturation(image, factor, backend);
  },
  adjust_hue: (image, params) => {
    const { factor, backend } = adjustment.parse(params);
    return shiftHue(image, Math.trunc(factor * 255), backend);
  },
  adjust_sharpness: (image, params) => sharpness(image, adjustment.parse(params).factor),
  auto_contrast: (image) => lookUp(image, autoContrast(image)),
  equalize: (image) => lookUp(image, equalize(image)),
  invert: (image) => lookUp(image, invert()),
  solarize: (image, params) => lookUp(image, solarize(z.object({ thr: z.number() }).parse(params).thr)),
  posterize: (image, params) => lookUp(image, posterize(z.object({ bits: z.int() }).parse(params).bits)),
  gaussian_blur: (image, params) => gaussianBlur(image, z.object({ radius: z.number() }).parse(params).radius),
  grayscale: (image, params) => {
    const { channel_weights: weights } = z.object({ channel_weights: z.array(z.number()) }).parse(params);
    const sum = weights.reduce((total, share) => total + share, 0);
    return weightedGrey(
      image,
      weights.map((share) => share / sum),
      image.channels,
    );
  },
  imrotate: warped(({ angle }, { height, width }) =>
    rotation({ x: (width - 1) * 0.5, y: (height - 1) * 0.5 }, -angle, 1),
  ),
  imshear: warped(({ magnitude, direction }) => shear(magnitude, direction)),
  imtranslate: warped(({ offset, direction }) => translation(offset, direction)),
  lighting: (image, params) => {
    const { alpha, ...config } = z.looseObject({ alpha: z.array(z.number()) }).parse(params);
    let drawn = 0;
    const random = { ...noRandom, normal: () => defined(alpha[drawn++], "an alpha") };
    return viaTransform("Lighting", random)(image, { ...config, compat: true });
  },
};
