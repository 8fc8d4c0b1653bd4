import { basename } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { openPredictorThread } from "#lib/host/thread/predictor.ts";
import type { ServedPredictor } from "#lib/serve/model-info.ts";
import { readCheckpoint, weightsSha256 } from "#lib/store/checkpoint-folder.ts";
import { configOf } from "#lib/model/predictor.ts";

/** The model of a checkpoint in a thread of its own. */
export interface ServingEngine extends ServedPredictor, AsyncDisposable {
  /** Aborts when the thread was lost: nothing can be answered any more. */
  readonly lost: AbortSignal;
}

export interface EngineOptions {
  /** What the model is called; by default as the config it was trained with. */
  readonly name?: string;
  readonly log: Log;
}

/** Loads a checkpoint. NOT_FOUND, CHECKPOINT_INVALID or CHECKPOINT_MISMATCH when it cannot. */
export async function openEngine(uri: string, options: EngineOptions): Promise<ServingEngine> {
  const checkpoint = await readCheckpoint(uri);
  const { meta } = checkpoint;
  const sha256 = await weightsSha256(uri);
  const thread = openPredictorThread();
  const close = async (): Promise<void> => thread[Symbol.asyncDispose]();
  try {
    const { engine, precision } = await thread.load(checkpoint, { source: uri });
    const { configName, classes, metrics } = meta;
    const { name = configName, log } = options;
    const version = basename(uri);
    log.info("Loaded the model", { model: name, version, backend: engine.backend, device: engine.device, precision });
    const lost = new AbortController();
    return {
      info: { name, version, sha256, classes, metrics, config: configOf({ meta }) },
      lost: lost.signal,
      async predict(batch) {
        try {
          return await thread.predict(batch);
        } catch (thrown) {
          const error = PetageError.from(thrown);
          if (error.code === "PROCESS_FAILED") lost.abort(error);
          throw error;
        }
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
