import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Targets } from "./losses/types.ts";

// The views of a sample are images of their own to a classifier; they lie together, sample by sample.

/** The target of each view: that of its sample. [N] -> [N * views], [N, C] -> [N * views, C]. */
export function targetsOfViews(targets: Targets, views: number): Targets {
  if (views === 1) return targets;
  const samples = Int32Array.from({ length: targets.shape[0] * views }, (_, at) => Math.floor(at / views));
  return tf.gather(targets, tf.tensor1d(samples, "int32"));
}

/** What is said of a sample: the mean of what is said of its views. [N * views, C] -> [N, C]. */
export function meanOfViews(values: Tensor2D, views: number): Tensor2D {
  if (views === 1) return values;
  const [count, classes] = values.shape;
  return tf.mean(tf.reshape(values, [count / views, views, classes]), 1);
}
