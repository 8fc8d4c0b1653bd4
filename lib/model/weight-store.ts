import type { Tensor } from "@tensorflow/tfjs-core";
import type { Weights } from "#lib/nn/types.ts";

/**
 * What the program of a step reads and writes. Eagerly it holds tensors (`ModelState`); where a step is traced into a
 * graph, it hands out the graph's reads and takes its writes.
 */
export interface WeightStore {
  /** Parameters and running statistics. */
  readonly weights: Weights;
  /** What the optimizer keeps of a parameter, in the order of its `slotNames`. */
  slots(name: string): readonly Tensor[];
  setWeight(name: string, tensor: Tensor): void;
  setSlots(name: string, tensors: readonly Tensor[]): void;
  /** Counts a batch that a normalisation layer saw (`num_batches_tracked`). */
  countBatch(layer: string): void;
}
