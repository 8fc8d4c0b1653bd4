import * as tf from "@tensorflow/tfjs-core";
import type { Tensor4D } from "@tensorflow/tfjs-core";

/** The part of `data_preprocessor` that runs on the device. */
export interface Normalization {
  /** Per channel of the model's input (RGB order when `toRgb`); empty: pixels pass unchanged. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Pixels arrive as BGR; flip them to RGB first. */
  readonly toRgb: boolean;
  /** Height and width are filled up, below and right, to multiples of it; 1 unless given. */
  readonly padSizeDivisor?: number;
  /** What to fill with, after the division; 0 unless given. */
  readonly padValue?: number;
}

/** Flip to RGB, (pixels - mean) / std, fill up: as mmpretrain's ClsDataPreprocessor. [N, H, W, 3] -> [N, H', W', 3]. */
export function normalizePixels(pixels: Tensor4D, normalization: Normalization): Tensor4D {
  const { mean, std, toRgb, padSizeDivisor = 1, padValue = 0 } = normalization;
  const ordered = toRgb ? tf.reverse(pixels, 3) : pixels;
  const normalized = mean.length === 0 ? ordered : divide(ordered, mean, std);
  const [, height, width] = pixels.shape;
  const missing = (size: number): number => Math.ceil(size / padSizeDivisor) * padSizeDivisor - size;
  const [below, right] = [missing(height), missing(width)];
  if (below === 0 && right === 0) return normalized;
  return tf.pad4d(
    normalized,
    [
      [0, 0],
      [0, below],
      [0, right],
      [0, 0],
    ],
    padValue,
  );
}

function divide(pixels: Tensor4D, mean: readonly number[], std: readonly number[]): Tensor4D {
  const inverse = std.map((deviation) => 1 / deviation);
  return tf.mul(tf.sub(pixels, tf.tensor1d([...mean])), tf.tensor1d(inverse));
}
