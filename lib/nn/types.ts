import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { PretrainedConfig } from "./init-config.ts";
import type { Loss } from "#lib/nn/losses/types.ts";

/** Tensors by the name that PyTorch's `state_dict` gives them, in the layout that TensorFlow computes with. */
export type Weights = Pick<ReadonlyMap<string, Tensor>, "get">;

/**
 * How PyTorch's layout becomes TensorFlow's: `conv` OIHW -> HWIO, `linear` [out, in] -> [in, out], `plain` unchanged.
 */
export type Layout = "conv" | "linear" | "plain";

/** How a parameter starts. Deviations and values as PyTorch's and mmpretrain's initialisers compute them. */
export type Initializer =
  { readonly kind: "constant"; readonly value: number } | { readonly kind: "normal"; readonly deviation: number };

/** One entry of the `state_dict`. */
export interface ParameterSpec {
  readonly name: string;
  /** Shape in PyTorch's layout. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** `parameter` gets gradients; `buffer` is a running statistic; `counter` is `num_batches_tracked`. */
  readonly kind: "parameter" | "buffer" | "counter";
  /** False for what `frozen_stages` holds still, and for statistics that `norm_eval` holds still. */
  readonly trainable: boolean;
  readonly initial: Initializer;
}

/** Mean and unbiased variance that a batch-normalisation layer saw; the tensors are kept, their reader disposes them. */
export interface BatchStatistics {
  /** Name of the layer: `backbone.bn1`. */
  readonly layer: string;
  readonly mean: Tensor1D; // [C]
  readonly variance: Tensor1D; // [C]
}

export interface Mode {
  /** Whether unfrozen batch normalisation uses (and reports) the statistics of the batch. */
  readonly training: boolean;
  /** Where training layers report what they saw. */
  readonly statistics: BatchStatistics[];
}

/** A piece of a network: parameters as data, forward as a pure function of weights and input. */
export interface Layer {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
  /** A frozen layer runs forward only, with running statistics; frozen layers come before all others. */
  readonly frozen: boolean;
  /** Feature maps [N, H, W, C], tokens [N, L, C]: what the layers of a backbone hand to one another is theirs. */
  forward(weights: Weights, input: Tensor, mode: Mode): Tensor;
}

/** How a runner runs one layer: plainly, or freeing memory as it goes; not an input that is an output of the backbone. */
export type RunLayer = (
  layer: Layer,
  weights: Weights,
  input: Tensor,
  call: { readonly mode: Mode; readonly inputIsOutput: boolean },
) => Tensor;

export interface Backbone {
  readonly layers: readonly Layer[];
  /** Indices of the layers whose outputs the neck gets, ascending (`out_indices`). */
  readonly outputs: readonly number[];
  readonly outputChannels: number;
  /** Weights to start from. */
  readonly pretrained: PretrainedConfig | undefined;
}

/** The outputs of a backbone to what a head takes, one for each. */
export type Neck = (features: readonly Tensor[]) => readonly Tensor[];

export interface Head {
  readonly parameters: readonly ParameterSpec[];
  readonly numClasses: number;
  readonly inChannels: number;
  readonly loss: Loss;
  /** What the loss takes, [N, L]; most heads look at the last of the features only. */
  logits(weights: Weights, features: readonly Tensor[]): Tensor2D;
  /** What the logits say of each class: a distribution per image, [N, L] -> [N, numClasses]. */
  probabilities(logits: Tensor2D): Tensor2D;
}

/** A classifier as data: what it holds, in `state_dict` order, and how its parts run. */
export interface Classifier {
  readonly backbone: Backbone;
  readonly neck: Neck;
  readonly head: Head;
  readonly parameters: readonly ParameterSpec[];
}
