import { setPriority } from "node:os";
import { defined } from "#lib/base/assert.ts";
import type { Build } from "#lib/config/component/component.ts";
import { createPredictor } from "#lib/model/predictor.ts";
import type { LoadedPredictor, PixelBatch, Predictor, PredictorOptions } from "#lib/model/predictor.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { createLogger } from "#lib/host/logger.ts";
import { loadBuild } from "#lib/host/plugins.ts";
import type { PredictorThreadSetup } from "./predictor.ts";
import { isEager } from "#lib/host/eager.ts";
import { memoryLimitBytes } from "#lib/host/process/memory.ts";
import { expose } from "./remote.ts";

/** Between the lowest, 19, and that of other threads, 0. */
const NICENESS = 5;

// Of this thread, and of those that TensorFlow starts from it: on Linux each has its own. Whoever answers health, and
// refuses what comes too late, goes first.
try {
  setPriority(NICENESS);
} catch {
  // forbidden here: then all go alike
}

const log = createLogger({ name: "engine", format: "json", level: "info" });

/** The model of the checkpoint that was loaded last. */
export class ReplaceablePredictor implements Predictor {
  readonly #build: Build;
  #loaded: LoadedPredictor | undefined;

  constructor(build: Build) {
    this.#build = build;
  }

  /** Loads a checkpoint in place of the one before. */
  async load(
    checkpoint: Checkpoint,
    options: Omit<PredictorOptions, "log" | "build" | "eager" | "memoryLimitBytes">,
  ): Promise<Pick<LoadedPredictor, "engine" | "numClasses">> {
    const own = { build: this.#build, log, eager: isEager(), memoryLimitBytes: memoryLimitBytes() };
    const next = await createPredictor(checkpoint, { ...options, ...own });
    this.#loaded?.[Symbol.dispose]();
    this.#loaded = next;
    return { engine: next.engine, numClasses: next.numClasses };
  }

  predict(batch: PixelBatch): Float32Array {
    return defined(this.#loaded, "a loaded model").predict(batch);
  }
}

expose(async ({ plugins }: PredictorThreadSetup) => new ReplaceablePredictor(await loadBuild(plugins)));
