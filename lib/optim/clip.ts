import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";

const INFINITE = z.custom<number>((value) => value === Infinity || value === "inf").transform(() => Infinity);

const byNorm = z.strictObject({
  type: z.literal("norm").default("norm").describe("Scale all gradients together."),
  max_norm: z.number().positive().describe("Largest norm of all gradients taken together."),
  norm_type: z
    .union([z.number().positive(), INFINITE])
    .default(2)
    .describe("Which p-norm; inf is the largest element."),
  error_if_nonfinite: z.boolean().default(false).describe("Stop the run when the norm is NaN or infinite."),
});

const byValue = z.strictObject({
  type: z.literal("value").describe("Clip each element by itself."),
  clip_value: z.number().positive().describe("Largest magnitude of an element."),
});

/** `optim_wrapper.clip_grad`, keys as in mmengine. */
export const clipGradSchema = z.union([byNorm, byValue]);
export type ClipGrad = z.infer<typeof clipGradSchema>;

/** Added to the norm as torch.nn.utils.clip_grad_norm_ does, so that a zero norm divides. */
const NORM_EPSILON = 1e-6;

function totalNorm(gradients: readonly Tensor[], order: number): Scalar {
  if (order === Infinity) return tf.max(tf.stack(gradients.map((gradient) => tf.max(tf.abs(gradient)))));
  if (order === 2) return tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum<Scalar>(tf.square(gradient)))));
  return tf.pow(tf.addN(gradients.map((gradient) => tf.sum<Scalar>(tf.pow(tf.abs(gradient), order)))), 1 / order);
}

/**
 * Clips a step's gradients, formulas of torch.nn.utils.clip_grad_norm_ and clip_grad_value_.
 * `norm` is the norm before clipping, for the log; nothing is read back here, so the step stays traceable.
 */
export function clipGradients(
  gradients: readonly Tensor[],
  config: ClipGrad,
): { readonly gradients: readonly Tensor[]; readonly norm: Scalar } {
  if (config.type === "value") {
    const { clip_value: limit } = config;
    return {
      gradients: gradients.map((gradient) => tf.clipByValue(gradient, -limit, limit)),
      norm: totalNorm(gradients, 2),
    };
  }
  const norm = totalNorm(gradients, config.norm_type);
  const factor = tf.minimum(tf.div(config.max_norm, tf.add(norm, NORM_EPSILON)), 1);
  return { gradients: gradients.map((gradient) => tf.mul(gradient, factor)), norm };
}

/** Honours `error_if_nonfinite` once the step's norm has been read. @throws NOT_FINITE */
export function checkNorm(norm: number, config: ClipGrad): void {
  if (config.type === "value" || !config.error_if_nonfinite || Number.isFinite(norm)) return;
  throw new PetageError("NOT_FINITE", `The norm of the gradients is ${norm}, expected a finite number`, {
    hint: "Lower the learning rate, or set clip_grad.error_if_nonfinite=False to go on",
  });
}
