import * as tf from "@tensorflow/tfjs";
import type { Tensor4D } from "@tensorflow/tfjs";

/** The part of `data_preprocessor` that runs on the device. */
export interface Normalization {
  /** Per channel of the model's input (RGB order when `toRgb`); empty: pixels pass unchanged. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Pixels arrive as BGR; flip them to RGB first. */
  readonly toRgb: boolean;
}

/** (pixels - mean) / std, after the flip to RGB: as mmpretrain's ClsDataPreprocessor. [N, H, W, 3] -> the same. */
export function normalizePixels(pixels: Tensor4D, { mean, std, toRgb }: Normalization): Tensor4D {
  const ordered = toRgb ? tf.reverse(pixels, 3) : pixels;
  if (mean.length === 0) return ordered;
  const inverse = std.map((deviation) => 1 / deviation);
  return tf.mul<Tensor4D>(tf.sub(ordered, tf.tensor1d([...mean])), tf.tensor1d(inverse));
}
