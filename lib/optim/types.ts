import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { Precision } from "#lib/engine/op.ts";
import type { ClipGrad } from "./clip.ts";

/** Per-step values that the optimizer needs; scalars so that a step can be traced once and fed anew. */
export interface OptimizerScalars {
  readonly learningRate: Scalar;
  /** 1 at the first update. */
  readonly step: Scalar;
  /** Given where a schedule drives the weight decay; otherwise the config's value holds. */
  readonly weightDecay?: Scalar;
}

/** An update rule, pure: tensors in, new tensors out. Formulas as in torch.optim. */
export interface Optimizer {
  /** The learning rate of the config: what schedules start from. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Names of the state kept per parameter, as in PyTorch's state_dict (`momentum_buffer`, `exp_avg`, ...); zero at first. */
  readonly slotNames: readonly string[];
  update(
    parameter: Tensor,
    gradient: Tensor,
    slots: readonly Tensor[],
    scalars: OptimizerScalars,
  ): { readonly parameter: Tensor; readonly slots: readonly Tensor[] };
}

/** What happens to the gradients of a step: clipped, if at all, then taken by the optimizer. */
export interface OptimizerWrapper {
  readonly optimizer: Optimizer;
  readonly clip: ClipGrad | undefined;
  /** What forward and backward compute in, where the machine is fast at it. Weights and statistics are float32 always. */
  readonly precision: Precision;
}

/** The learning rate and the weight decay over a run, as mmengine's chain of schedulers gives them. */
export interface Schedule {
  /** The value that the coming iteration uses. */
  readonly learningRate: number;
  readonly weightDecay: number;
  afterIteration(): void;
  afterEpoch(): void;
  /** Plain data that restores the schedule exactly. */
  state(): unknown;
  restore(state: unknown): void;
}
