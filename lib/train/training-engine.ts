import type { Log } from "../base/log.ts";
import type { Batch } from "../data/types.ts";
import { loadEngine } from "../engine/load.ts";
import type { Engine } from "../engine/load.ts";
import { planBuckets } from "./bucket-plan.ts";
import type { Checkpoint, StateDict } from "./checkpoint.ts";
import { ModelState } from "./model-state.ts";
import type { StepScalars } from "./ports.ts";
import type { ModelSettings } from "./settings.ts";
import { applyGradients, writeGradients } from "./step.ts";
import type { AppliedStep, StepSetup } from "./step.ts";

export interface TrainingEngineOptions {
  readonly settings: ModelSettings;
  readonly seed: number;
  readonly log: Log;
}

/** Weights to start from, in the order in which they are taken. */
export interface StartWeights {
  readonly state: StateDict;
  readonly source: string;
  /** Every name must fit (resume); otherwise what fits is taken and the rest is told. */
  readonly strict: boolean;
}

/** Model, optimizer and step of one rank, in the thread that computes. */
export interface TrainingEngine {
  readonly engine: Engine;
  /** One per bucket, on shared memory. */
  readonly buckets: readonly Float32Array[];
  /** Takes weights; returns one line for each thing that did not fit. */
  startFrom(weights: StartWeights): string[];
  restoreOptimizer(state: StateDict, source: string): void;
  gradients(batch: Batch): Generator<number, void, undefined>;
  apply(scalars: StepScalars): AppliedStep;
  hash(): string;
  exportTensors(options: { readonly withOptimizer: boolean }): Pick<Checkpoint, "weights" | "optimizer">;
}

export async function createTrainingEngine({ settings, seed, log }: TrainingEngineOptions): Promise<TrainingEngine> {
  const engine = await loadEngine({ log });
  const { model, optimizer, clip, normalization } = settings;
  const state = new ModelState(model.parameters, { seed, slotNames: optimizer.slotNames });
  const layouts = planBuckets(model.parameters);
  const buckets = layouts.map(({ elementCount }) => new Float32Array(new SharedArrayBuffer(elementCount * 4)));
  const setup: StepSetup = { model, state, optimizer, clip, normalization, layouts, buckets };
  return {
    engine,
    buckets,
    startFrom: ({ state: weights, source, strict }) => state.importWeights(weights, { source, strict }),
    restoreOptimizer: (optimizerState, source) => state.importOptimizer(optimizerState, source),
    gradients: (batch) => writeGradients(setup, batch),
    apply: (scalars) => applyGradients(setup, scalars),
    hash: () => state.hash(),
    exportTensors: ({ withOptimizer }) => ({
      weights: state.exportWeights(),
      optimizer: withOptimizer ? state.exportOptimizer() : new Map(),
    }),
  };
}
