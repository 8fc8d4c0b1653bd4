import { assert } from "#lib/base/assert.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Checkpoint } from "#lib/train/checkpoint.ts";
import type { ImageBatch } from "#lib/train/predictor.ts";
import type { PredictorRequest, PredictorResponse } from "./predictor-thread.ts";
import { Thread } from "./thread.ts";

export interface LoadedModel {
  readonly engine: Engine;
  readonly classCount: number;
}

/** A model in a thread of its own: TensorFlow blocks the thread that it computes in. */
export interface PredictorThread extends AsyncDisposable {
  /** Loads a checkpoint in place of the one before. `config` overrides its own; `source` names it in errors. */
  load(
    checkpoint: Checkpoint,
    options: { readonly source: string; readonly config?: ResolvedConfig },
  ): Promise<LoadedModel>;
  /** Class probabilities, [N, C] row-major. */
  predict(batch: ImageBatch): Promise<Float32Array>;
}

export function openPredictorThread(): PredictorThread {
  const entry = new URL("./predictor-thread.ts", import.meta.url);
  const thread = new Thread<PredictorRequest, PredictorResponse>("predictor", entry, {});
  return {
    async load(checkpoint, options) {
      const answer = await thread.call({ kind: "load", checkpoint, ...options });
      assert("engine" in answer, "loading answers with the model");
      return answer;
    },
    async predict(batch) {
      const answer = await thread.call({ kind: "predict", batch });
      assert(answer instanceof Float32Array, "predicting answers with probabilities");
      return answer;
    },
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}
