import * as tf from "@tensorflow/tfjs-core";
import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";
import { composedOps } from "./composed.ts";

/** The normalised batch and its statistics. `variance` is the unbiased one, which PyTorch's `running_var` averages. */
export interface NormalizedBatch {
  readonly output: Tensor4D; // [N, H, W, C]
  readonly mean: Tensor1D; // [C]
  readonly variance: Tensor1D; // [C]
}

/** Operations that tfjs lacks, or has only as many small ones. */
export interface Ops {
  /**
   * Batch normalisation with the statistics of the batch (Ioffe & Szegedy 2015), differentiable in `input`, `scale` and
   * `offset`. `mean` and `variance` outlive a tidy: the caller disposes them.
   */
  normalizeBatch(input: Tensor4D, scale: Tensor1D, offset: Tensor1D, epsilon: number): NormalizedBatch;
  /** Names what `body` computes after its place in the model, where names are kept: in a graph. */
  at<T>(place: string, body: () => T): T;
  /** Pixels as float32 [N, H, W, C] on the device. */
  uploadImages(pixels: Uint8Array, shape: readonly [number, number, number, number]): Tensor4D;
}

const brought = new WeakMap<object, Ops>();

/** Gives a backend of tfjs operations of its own. */
export function bringOps(backend: object, own: Ops): void {
  brought.set(backend, own);
}

/** Those of the current backend; composed from tfjs's own where it has brought none. */
export function ops(): Ops {
  return brought.get(tf.backend()) ?? composedOps;
}
