import { defined } from "#lib/base/assert.ts";
import { createPredictor } from "#lib/model/predictor.ts";
import type { LoadedPredictor, PixelBatch, Predictor, PredictorOptions } from "#lib/model/predictor.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { createLogger } from "#lib/host/logger.ts";
import { expose } from "./remote.ts";

const log = createLogger({ name: "engine", format: "json", level: "info" });

/** The model of the checkpoint that was loaded last. */
export class ReplaceablePredictor implements Predictor {
  #loaded: LoadedPredictor | undefined;

  /** Loads a checkpoint in place of the one before. */
  async load(
    checkpoint: Checkpoint,
    options: Omit<PredictorOptions, "log">,
  ): Promise<Pick<LoadedPredictor, "engine" | "numClasses">> {
    const next = await createPredictor(checkpoint, { ...options, log });
    this.#loaded?.[Symbol.dispose]();
    this.#loaded = next;
    return { engine: next.engine, numClasses: next.numClasses };
  }

  predict(batch: PixelBatch): Float32Array {
    return defined(this.#loaded, "a loaded model").predict(batch);
  }
}

expose(() => new ReplaceablePredictor());
