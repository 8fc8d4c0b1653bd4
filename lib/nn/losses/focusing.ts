import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";

/** Below any probability that matters; the derivative of 0 ** exponent is infinite for exponents under 1. */
const SMALLEST_BASE = 1e-30;

/** base ** exponent for focusing factors: like tf.pow on [0, 1], but with a finite gradient at 0. */
export function focusing(base: Tensor2D, exponent: Tensor2D | number): Tensor2D {
  return tf.pow(tf.maximum(base, SMALLEST_BASE), exponent);
}
