import type { Random } from "#lib/base/random.ts";

/** Pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** A rectangle of pixels; `top` and `left` count from 0. */
export interface Box extends Size {
  readonly top: number;
  readonly left: number;
}

/** All of an image. */
export function wholeBox({ height, width }: Size): Box {
  return { top: 0, left: 0, height, width };
}

/** Python's `round`: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

export type Edge = "short" | "long" | "width" | "height";

/** The size whose given edge is `scale`; the other keeps the ratio and is cut to an integer, as in mmpretrain, but not to 0. */
export function resizeEdgeSize(image: Size, scale: number, edge: Edge): Size {
  const { height, width } = image;
  const setsWidth = edge === "width" || (edge === "short" && width < height) || (edge === "long" && width > height);
  return setsWidth
    ? { width: scale, height: Math.max(1, Math.trunc((scale * height) / width)) }
    : { height: scale, width: Math.max(1, Math.trunc((scale * width) / height)) };
}

/** The largest size with the image's ratio that fits into `scale` whichever way round that is turned (mmcv `rescale_size`). */
export function keepRatioSize(image: Size, scale: readonly [width: number, height: number]): Size {
  const { height, width } = image;
  const factor = Math.min(Math.max(...scale) / Math.max(height, width), Math.min(...scale) / Math.min(height, width));
  return scaledSize(image, [factor, factor]);
}

/** Both edges times their factor, rounded half up (mmcv `_scale_size`). */
export function scaledSize(image: Size, factor: readonly [x: number, y: number]): Size {
  const scaled = (edge: number, by: number): number => Math.max(1, Math.trunc(edge * by + 0.5));
  return { width: scaled(image.width, factor[0]), height: scaled(image.height, factor[1]) };
}

/** The middle `crop`, cut to the image where it is larger. */
export function centerCropBox(image: Size, crop: Size): Box {
  const top = Math.max(0, roundHalfEven((image.height - crop.height) / 2));
  const left = Math.max(0, roundHalfEven((image.width - crop.width) / 2));
  return {
    top,
    left,
    height: Math.min(crop.height, image.height - top),
    width: Math.min(crop.width, image.width - left),
  };
}

export interface RandomResizedCropOptions {
  readonly areaRange: readonly [low: number, high: number];
  readonly aspectRange: readonly [low: number, high: number];
  readonly maxAttempts: number;
}

/**
 * A random box of a random share of the image's area and a random, log-uniform aspect ratio (Szegedy et al., "Going
 * deeper with convolutions"); draws per attempt: area, aspect, and for the accepted one top, left.
 */
export function randomResizedCropBox(image: Size, options: RandomResizedCropOptions, random: Random): Box {
  const area = image.height * image.width;
  const [lowAspect, highAspect] = options.aspectRange;
  for (let attempt = 0; attempt < options.maxAttempts; attempt++) {
    const targetArea = random.uniform(...options.areaRange) * area;
    const aspect = Math.exp(random.uniform(Math.log(lowAspect), Math.log(highAspect)));
    const width = roundHalfEven(Math.sqrt(targetArea * aspect));
    const height = roundHalfEven(Math.sqrt(targetArea / aspect));
    if (width > 0 && width <= image.width && height > 0 && height <= image.height) {
      const top = random.integer(0, image.height - height);
      const left = random.integer(0, image.width - width);
      return { top, left, height, width };
    }
  }
  return fallbackCropBox(image, options.aspectRange);
}

/** The largest centred box whose aspect ratio (width / height) lies in the range. */
export function fallbackCropBox(image: Size, aspectRange: readonly [low: number, high: number]): Box {
  const [low, high] = aspectRange;
  const aspect = image.width / image.height;
  const width = aspect > high ? roundHalfEven(image.height * high) : image.width;
  const height = aspect < low ? roundHalfEven(image.width / low) : image.height;
  return {
    top: Math.floor((image.height - height) / 2),
    left: Math.floor((image.width - width) / 2),
    height,
    width,
  };
}

export interface EfficientNetCropOptions extends RandomResizedCropOptions {
  /** Least share of the image's area that a crop covers. */
  readonly minCovered: number;
  /** Edge of the result, by which the fallback's margin is measured. */
  readonly scale: number;
  readonly cropPadding: number;
}

/** The crop of EfficientNet's training in mmpretrain; draws per attempt: aspect, height, and for the accepted one top, left. */
export function efficientNetRandomBox(image: Size, options: EfficientNetCropOptions, random: Random): Box {
  const area = image.height * image.width;
  const [leastArea, greatestArea] = options.areaRange.map((share) => share * area) as [number, number];
  for (let attempt = 0; attempt < options.maxAttempts; attempt++) {
    const aspect = random.uniform(...options.aspectRange);
    const greatestHeight = Math.min(fittingHeight(image, aspect, greatestArea), image.height);
    const leastHeight = Math.min(greatestHeight, roundHalfEven(Math.sqrt(leastArea / aspect)));
    const height = roundHalfEven(random.uniform(leastHeight, greatestHeight));
    const width = roundHalfEven(height * aspect);
    const fits = width <= image.width && height <= image.height;
    const covered = height * width;
    if (!fits || covered < leastArea || covered > greatestArea || covered < options.minCovered * area) continue;
    const top = random.integer(0, image.height - height);
    const left = random.integer(0, image.width - width);
    return { top, left, height, width };
  }
  return efficientNetCenterBox(image, options.scale, options.cropPadding);
}

/** The height of the largest allowed crop of this aspect ratio that is no wider than the image. */
function fittingHeight(image: Size, aspect: number, greatestArea: number): number {
  const height = roundHalfEven(Math.sqrt(greatestArea / aspect));
  if (height * aspect <= image.width) return height;
  const fitting = Math.trunc((image.width + 0.5 - 1e-7) / aspect);
  return fitting * aspect > image.width ? fitting - 1 : fitting;
}

/** A centred square that leaves a margin; its edges may be fractions of a pixel. */
export function efficientNetCenterBox(image: Size, scale: number, padding: number): Box {
  const edge = (scale / (scale + padding)) * Math.min(image.height, image.width);
  return {
    top: Math.max(0, roundHalfEven((image.height - edge) / 2)),
    left: Math.max(0, roundHalfEven((image.width - edge) / 2)),
    height: edge,
    width: edge,
  };
}

/** The whole pixels of a box, as mmcv's `imcrop` cuts them: the last row and column are truncated, then included. At least one pixel. */
export function wholePixels(box: Box): Box {
  const { top, left } = box;
  return {
    top,
    left,
    height: Math.max(1, Math.trunc(top + box.height - 1) - top + 1),
    width: Math.max(1, Math.trunc(left + box.width - 1) - left + 1),
  };
}
