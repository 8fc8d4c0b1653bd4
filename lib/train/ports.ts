import type { Bucket } from "#lib/collective/types.ts";
import type { Batch } from "#lib/data/types.ts";
import type { StateDict } from "#lib/model/checkpoint.ts";
import type { Validation } from "./hook.ts";

/** A training step as the loop drives it; `lib/host` runs it in a thread of its own, because TensorFlow blocks. */
export interface StepEngine {
  /**
   * Forward and backward; yields each bucket as it is ready, in the same order on all ranks. The last one carries loss,
   * votes and batch statistics.
   */
  gradients(batch: Batch): AsyncIterable<ReadyBucket>;
  /** Updates the weights from the averaged buckets. NOT_FINITE where `clip_grad` asks for it. */
  apply(scalars: StepScalars): Promise<AppliedStep>;
  /** SHA-256 of weights and running statistics. */
  hash(): Promise<string>;
}

export interface ReadyBucket extends Bucket {
  readonly isLast: boolean;
}

export interface AppliedStep {
  readonly loss: number;
  /** Norm of the averaged gradients before clipping; absent without `clip_grad`. */
  readonly gradNorm?: number;
}

/** Weights to start from. */
export interface StartWeights {
  readonly state: StateDict;
  /** What they are called in messages. */
  readonly source: string;
  /** Every name must fit (resume); otherwise what fits is taken and the rest is reported. */
  readonly strict: boolean;
}

export interface StepScalars {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** 1 at the first update. */
  readonly step: number;
}

/** Measures a checkpoint on the validation split. */
export type Validator = (checkpointUri: string, signal: AbortSignal) => Promise<Validation>;
