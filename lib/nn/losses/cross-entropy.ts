import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** Factors per class, where they are given. */
export interface ClassFactors {
  readonly classWeight?: readonly number[] | undefined;
  readonly positiveWeight?: readonly number[] | undefined;
}

/** Cross entropy with a distribution per sample: -sum_c w_c t_c log softmax(x)_c. [N, C], [N, C] -> [N] */
export function softmaxCrossEntropy(logits: Tensor2D, targets: Tensor2D, { classWeight }: ClassFactors = {}): Tensor1D {
  // The weights become tensors here and not once outside, so that they live and die with the caller's tidy or graph.
  const weighted = classWeight ? tf.mul(targets, tf.tensor1d([...classWeight])) : targets;
  return tf.neg(tf.sum(tf.mul(weighted, tf.logSoftmax(logits)), 1));
}

/**
 * Binary cross entropy of each class by itself: -(p t log s(x) + (1 - t) log(1 - s(x))), written with softplus so that
 * no logarithm sees 0. [N, C], [N, C] -> [N, C]
 */
export function sigmoidCosts(logits: Tensor2D, targets: Tensor2D, positive = targets): Tensor2D {
  return tf.add(tf.mul(positive, tf.softplus(tf.neg(logits))), tf.mul(tf.sub(1, targets), tf.softplus(logits)));
}

/** Binary cross entropy summed over the classes. [N, C], [N, C] -> [N] */
export function sigmoidCrossEntropy(
  logits: Tensor2D,
  targets: Tensor2D,
  { classWeight, positiveWeight }: ClassFactors = {},
): Tensor1D {
  const positive = positiveWeight ? tf.mul<Tensor2D>(targets, tf.tensor1d([...positiveWeight])) : targets;
  const costs = sigmoidCosts(logits, targets, positive);
  return tf.sum(classWeight ? tf.mul(costs, tf.tensor1d([...classWeight])) : costs, 1);
}
