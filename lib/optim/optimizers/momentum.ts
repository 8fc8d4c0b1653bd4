import * as tf from "@tensorflow/tfjs-core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";

/** The keys that SGD and LARS share. */
export const momentumFields = {
  momentum: z.number().min(0).default(0).describe("Share of the last step's buffer that is kept."),
  dampening: z.number().default(0).describe("Share of the gradient that is held back from the buffer."),
  nesterov: z.boolean().default(false).describe("Look one step of momentum ahead."),
};

export interface MomentumConfig {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

/** True for what torch.optim takes: Nesterov only with a momentum and without dampening. */
export function nesterovFits({ momentum, dampening, nesterov }: MomentumConfig): boolean {
  return !nesterov || (momentum > 0 && dampening === 0);
}

export const NESTEROV_RULE = {
  path: ["nesterov"],
  error: "False, or momentum above 0 and dampening 0",
};

export function momentumSlots({ momentum }: MomentumConfig): readonly string[] {
  return momentum === 0 ? [] : ["momentum_buffer"];
}

/**
 * The direction to go and the new slots. torch.optim.SGD's first buffer is the gradient itself, undampened;
 * as the buffer starts at zero here, that is a factor of 1 at step 1, chosen by the step scalar and not by a branch.
 */
export function applyMomentum(
  gradient: Tensor,
  [buffer]: readonly Tensor[],
  options: MomentumConfig & { readonly step: Scalar },
): { readonly direction: Tensor; readonly slots: readonly Tensor[] } {
  if (buffer === undefined) return { direction: gradient, slots: [] };
  const { momentum, dampening, nesterov, step } = options;
  const incoming = dampening === 0 ? gradient : tf.mul(gradient, tf.where(tf.equal(step, 1), 1, 1 - dampening));
  const next = tf.add(tf.mul(buffer, momentum), incoming);
  return { direction: nesterov ? tf.add(gradient, tf.mul(next, momentum)) : next, slots: [next] };
}
