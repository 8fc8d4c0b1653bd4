import { defined } from "#lib/base/assert.ts";
import type { Clock } from "#lib/base/clock.ts";
import type { Log } from "#lib/base/log.ts";
import type { Batch } from "#lib/data/types.ts";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import { precisionHere } from "#lib/engine/precision.ts";
import type { Feed, Feeds, Runner } from "#lib/engine/program.ts";
import { openRunner } from "#lib/engine/runner.ts";
import type { RunnerOptions } from "#lib/engine/runner.ts";
import type { Checkpoint, StateDict } from "#lib/model/checkpoint.ts";
import { ModelState } from "#lib/model/model-state.ts";
import { tensorShape } from "#lib/nn/layout.ts";
import { checkNorm } from "#lib/optim/clip.ts";
import type { AppliedStep, ReadyBucket, StartWeights, StepScalars } from "#lib/train/ports.ts";
import type { ModelSettings } from "#lib/train/settings.ts";
import { LOSS_INDEX, STOP_SLICE, planBuckets } from "./bucket-plan.ts";
import type { BucketLayout } from "./bucket-plan.ts";
import { initialise, stepFunctions } from "./program.ts";
import type { StepFunctions } from "./program.ts";

export interface TrainingStepOptions extends RunnerOptions {
  readonly settings: ModelSettings;
  readonly seed: number;
  /** Ranks that average their gradients: one that is alone computes all before it reads any. */
  readonly worldSize?: number;
  readonly log: Log;
  readonly clock: Clock;
}

const NO_STEP: StepScalars = { learningRate: 0, weightDecay: 0, step: 0 };

/** The step of one rank, in the thread that computes. It is a `StepEngine` whose calls are not promises. */
export class TrainingStep {
  readonly #settings: ModelSettings;
  readonly #engine: Engine;
  readonly #runner: Runner;
  readonly #functions: StepFunctions;
  readonly #state: ModelState;
  readonly #layouts: readonly BucketLayout[];
  /** Those that are computed together; what is averaged leaves while the rest is computed. */
  readonly #parts: readonly (readonly BucketLayout[])[];
  /** One array per layout, on memory that is shared with the thread that averages them. */
  readonly #buckets: readonly Float32Array[];

  static async open({
    settings,
    seed,
    worldSize = 1,
    log,
    clock,
    ...options
  }: TrainingStepOptions): Promise<TrainingStep> {
    const engine = await loadEngine({ log });
    const asked = { asked: settings.precision, by: "AmpOptimWrapper", ...options };
    const precision = precisionHere(engine, asked, { log, clock });
    return new TrainingStep({ settings, seed, worldSize }, engine, openRunner(engine, { ...options, precision }));
  }

  private constructor(
    { settings, seed, worldSize }: Pick<TrainingStepOptions, "settings" | "seed"> & { readonly worldSize: number },
    engine: Engine,
    runner: Runner,
  ) {
    const { model, optimizer } = settings;
    this.#settings = settings;
    this.#engine = engine;
    this.#runner = runner;
    this.#functions = stepFunctions(settings);
    this.#state = new ModelState(model.parameters, optimizer, runner.variables);
    initialise(this.#state.store, model.parameters, { seed, slotNames: optimizer.slotNames });
    this.#layouts = planBuckets(model.parameters);
    // The last bucket is small, and there with the one before it.
    const early = worldSize === 1 ? [] : this.#layouts.slice(0, -2);
    this.#parts = [...early.map((layout) => [layout]), this.#layouts.slice(early.length)];
    this.#buckets = this.#layouts.map(({ elementCount }) => new Float32Array(new SharedArrayBuffer(elementCount * 4)));
    runner.prepare(this.#functions.apply, { ...this.#averaged(), ...scalarFeeds(NO_STEP) });
  }

  /** What it computes on. */
  engine(): Engine {
    return this.#engine;
  }

  startFrom({ state, source, strict }: StartWeights): readonly string[] {
    return this.#state.importWeights(state, { source, strict });
  }

  restoreOptimizer(state: StateDict, source: string): void {
    this.#state.importOptimizer(state, source);
  }

  /** Yields each bucket as it is complete, so that averaging begins while the rest is still computed. */
  *gradients({ images, labels, views = 1, height, width }: Batch): Generator<ReadyBucket, void, undefined> {
    const feeds: Feeds = {
      images: { type: "uint8", shape: [labels.length * views, height, width, 3], values: images },
      labels: { type: "int32", shape: [labels.length], values: labels },
    };
    const names = this.#parts.map((layouts) => layouts.flatMap(computedNames));
    let [part, index] = [0, 0];
    for (const results of this.#runner.runInParts(this.#functions.gradients(views), feeds, names)) {
      for (const { slices } of this.#parts[part++] ?? []) {
        const bucket = defined(this.#buckets[index], `bucket ${index}`);
        for (const { name, offset } of slices) bucket.set(name === STOP_SLICE ? [0] : results.read(name), offset);
        yield { index, values: bucket, isLast: ++index === this.#layouts.length };
      }
    }
  }

  /** Clips, moves weights and running statistics, from the averaged buckets. NOT_FINITE before any weight has moved. */
  apply(scalars: StepScalars): AppliedStep {
    const { clip } = this.#settings;
    const averaged = this.#averaged();
    if (clip?.type === "norm" && clip.error_if_nonfinite) checkNorm(this.#norm(averaged), clip);
    using results = this.#runner.run(this.#functions.apply, { ...averaged, ...scalarFeeds(scalars) });
    this.#state.countBatch();
    const loss = this.#buckets.at(-1)?.[LOSS_INDEX] ?? NaN;
    return clip ? { loss, gradNorm: results.read("norm")[0] ?? NaN } : { loss };
  }

  #norm(averaged: Feeds): number {
    using results = this.#runner.run(this.#functions.norm, averaged);
    return results.read("norm")[0] ?? NaN;
  }

  /** The tensors in the buckets, as the ranks have averaged them. */
  #averaged(): Feeds {
    const feeds: Record<string, Feed> = {};
    const shapes = new Map(this.#settings.model.parameters.map((spec) => [spec.name, tensorShape(spec)]));
    for (const [index, { slices }] of this.#layouts.entries()) {
      const bucket = defined(this.#buckets[index], `bucket ${index}`);
      for (const { name, offset, length } of slices) {
        const shape = shapes.get(name); // the loss and the votes have none
        if (shape) feeds[name] = { type: "float32", shape, values: bucket.subarray(offset, offset + length) };
      }
    }
    return feeds;
  }

  /** SHA-256 of weights and running statistics. */
  hash(): string {
    return this.#state.hash();
  }

  exportTensors({ withOptimizer }: { readonly withOptimizer: boolean }): Pick<Checkpoint, "weights" | "optimizer"> {
    return {
      weights: this.#state.exportWeights(),
      optimizer: withOptimizer ? this.#state.exportOptimizer() : new Map(),
    };
  }

  [Symbol.dispose](): void {
    this.#runner[Symbol.dispose]();
  }
}

/** Votes are of the loop. */
function computedNames({ slices }: BucketLayout): string[] {
  return slices.map(({ name }) => name).filter((name) => name !== STOP_SLICE);
}

function scalarFeeds({ learningRate, step, weightDecay }: StepScalars): Feeds {
  const scalar = (value: number): Feed => ({ type: "float32", shape: [], values: Float32Array.of(value) });
  return { learningRate: scalar(learningRate), step: scalar(step), weightDecay: scalar(weightDecay) };
}
