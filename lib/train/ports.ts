import type { Bucket } from "#lib/collective/types.ts";
import type { Batch } from "#lib/data/types.ts";
import type { Validation } from "./hook.ts";

/** A training step as the loop drives it; `lib/host` runs it in a thread of its own, because TensorFlow blocks. */
export interface StepEngine {
  /** Buckets of a step; the last one carries loss, votes and batch statistics. */
  readonly bucketCount: number;
  /** Forward and backward; yields each bucket as it is ready, in the same order on all ranks. */
  gradients(batch: Batch, signal: AbortSignal): AsyncIterable<Bucket>;
  /** Updates the weights from the averaged buckets. */
  apply(scalars: StepScalars): Promise<{ readonly loss: number; readonly gradNorm?: number }>;
  /** SHA-256 of weights and running statistics. */
  hash(): Promise<string>;
}

export interface StepScalars {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** 1 at the first update. */
  readonly step: number;
}

/** Measures a checkpoint on the validation split. */
export type Validator = (checkpointUri: string, signal: AbortSignal) => Promise<Validation>;
