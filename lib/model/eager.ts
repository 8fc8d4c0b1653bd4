import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { RunLayer } from "#lib/nn/types.ts";

/**
 * Runs layers without a tape and as they come: what a layer computed in between is freed, and its input once it is
 * done, so that only one layer's values are in memory. `first` is the caller's and stays.
 */
export function freeingInputs(first: Tensor): RunLayer {
  return (layer, weights, input, { mode, inputIsOutput }) => {
    const output = tf.tidy(() => layer.forward(weights, input, mode));
    if (input !== first && !inputIsOutput) input.dispose();
    return output;
  };
}
