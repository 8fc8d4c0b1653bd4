import { setPriority } from "node:os";
import { defined } from "#lib/base/assert.ts";
import type { Build } from "#lib/config/component/component.ts";
import { createPredictor } from "#lib/model/predictor.ts";
import type { LoadedPredictor, PixelBatch, Predictor, PredictorOptions } from "#lib/model/predictor.ts";
import type { Checkpoint } from "#lib/model/checkpoint.ts";
import { createLogger } from "#lib/host/logger.ts";
import { loadBuild } from "#lib/host/plugins.ts";
import type { PredictorThreadSetup } from "./predictor.ts";
import { computeOptions } from "#lib/host/compute-options.ts";
import { memoryLimitBytes } from "#lib/host/process/memory.ts";
import { systemClock } from "#lib/system/clock.ts";
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
    options: Omit<PredictorOptions, "log" | "clock" | "build" | "eager" | "memoryLimitBytes">,
  ): Promise<Pick<LoadedPredictor, "engine" | "precision" | "numClasses">> {
    const here = { ...computeOptions(), memoryLimitBytes: memoryLimitBytes() };
    const own = { ...here, build: this.#build, log, clock: systemClock };
    const next = await createPredictor(checkpoint, { ...own, ...options });
    this.#loaded?.[Symbol.dispose]();
    this.#loaded = next;
    return { engine: next.engine, precision: next.precision, numClasses: next.numClasses };
  }

  predict(batch: PixelBatch): Float32Array {
    return defined(this.#loaded, "a loaded model").predict(batch);
  }
}

expose(async ({ plugins }: PredictorThreadSetup) => new ReplaceablePredictor(await loadBuild(plugins)));
