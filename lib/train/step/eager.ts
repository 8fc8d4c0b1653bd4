import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defined } from "#lib/base/assert.ts";
import type { Log } from "#lib/base/log.ts";
import type { Batch } from "#lib/data/types.ts";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import { ops } from "#lib/engine/ops.ts";
import { scoped } from "#lib/engine/scope.ts";
import type { Checkpoint, StateDict } from "#lib/model/checkpoint.ts";
import { freeingInputs } from "#lib/model/eager.ts";
import { ModelState } from "#lib/model/model-state.ts";
import { normalizePixels } from "#lib/nn/preprocess.ts";
import { checkNorm } from "#lib/optim/clip.ts";
import type { OptimizerScalars } from "#lib/optim/types.ts";
import type { AppliedStep, ReadyBucket, StartWeights, StepScalars } from "#lib/train/ports.ts";
import type { ModelSettings } from "#lib/train/settings.ts";
import { LOSS_INDEX, LOSS_SLICE, STOP_SLICE, planBuckets } from "./bucket-plan.ts";
import type { BucketLayout } from "./bucket-plan.ts";
import { clippedGradients, computeGradients, initialise, updateParameters, updateStatistics } from "./program.ts";
import type { Gradients } from "./program.ts";

export interface EagerStepOptions {
  readonly settings: ModelSettings;
  readonly seed: number;
  readonly log: Log;
}

/** The step of one rank, run op by op in the thread that computes. It is a `StepEngine` whose calls are not promises. */
export class EagerStep {
  readonly #settings: ModelSettings;
  readonly #engine: Engine;
  readonly #state: ModelState;
  readonly #layouts: readonly BucketLayout[];
  /** One array per layout, on memory that is shared with the thread that averages them. */
  readonly #buckets: readonly Float32Array[];

  static async open({ settings, seed, log }: EagerStepOptions): Promise<EagerStep> {
    return new EagerStep(settings, seed, await loadEngine({ log }));
  }

  private constructor(settings: ModelSettings, seed: number, engine: Engine) {
    const { model, optimizer } = settings;
    this.#settings = settings;
    this.#engine = engine;
    this.#state = new ModelState(model.parameters, optimizer);
    initialise(this.#state, model.parameters, { seed, slotNames: optimizer.slotNames });
    this.#layouts = planBuckets(model.parameters);
    this.#buckets = this.#layouts.map(({ elementCount }) => new Float32Array(new SharedArrayBuffer(elementCount * 4)));
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

  /** Yields each bucket as it is complete, so that averaging begins while the rest is still read from the device. */
  *gradients(batch: Batch): Generator<ReadyBucket, void, undefined> {
    const { loss, gradients, statistics } = this.#compute(batch);
    const values = new Map<string, Tensor>([...gradients, [LOSS_SLICE, loss], [STOP_SLICE, tf.scalar(0)]]);
    for (const { layer, mean, variance } of statistics) {
      values.set(`${layer}.running_mean`, mean).set(`${layer}.running_var`, variance);
    }
    try {
      for (const [index, { slices }] of this.#layouts.entries()) {
        const bucket = defined(this.#buckets[index], `bucket ${index}`);
        for (const { name, offset } of slices)
          bucket.set(defined(values.get(name), name).dataSync<"float32">(), offset);
        yield { index, values: bucket, isLast: index === this.#layouts.length - 1 };
      }
    } finally {
      tf.dispose([...values.values()]);
    }
  }

  #compute(batch: Batch): Gradients {
    const { model, normalization } = this.#settings;
    const { images, labels, views = 1, height, width } = batch;
    const shape = [labels.length * views, height, width, 3] as const;
    return scoped(() => {
      const pixels = normalizePixels(ops().uploadImages(images, shape), normalization);
      const targets = tf.tensor1d(labels, "int32");
      const input = { pixels, targets, views, runFrozen: freeingInputs(pixels) };
      const result = computeGradients(model, this.#state.weights, input);
      for (const tensor of [result.loss, ...result.gradients.values()]) tf.keep(tensor);
      return result;
    });
  }

  /** Clips, moves weights and running statistics, from the averaged buckets. NOT_FINITE before any weight has moved. */
  apply({ learningRate, step, weightDecay }: StepScalars): AppliedStep {
    return scoped(() => {
      const { model, optimizer, clip } = this.#settings;
      const { gradients, norm } = clippedGradients(model, this.#averaged(this.#layouts.slice(0, -1)), clip);
      const gradNorm = norm?.dataSync()[0];
      if (clip && gradNorm !== undefined) checkNorm(gradNorm, clip);
      const scalars: OptimizerScalars = {
        learningRate: tf.scalar(learningRate),
        step: tf.scalar(step),
        weightDecay: tf.scalar(weightDecay),
      };
      updateParameters(this.#state, optimizer, { gradients, scalars });
      updateStatistics(this.#state, this.#averaged(this.#layouts.slice(-1)));
      const loss = this.#buckets.at(-1)?.[LOSS_INDEX] ?? NaN;
      return gradNorm === undefined ? { loss } : { loss, gradNorm };
    });
  }

  /** The tensors of some buckets, as the ranks have averaged them. */
  #averaged(layouts: readonly BucketLayout[]): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const layout of layouts) {
      const bucket = defined(this.#buckets[this.#layouts.indexOf(layout)], "a bucket of the plan");
      for (const { name, offset, length } of layout.slices) {
        const like = this.#state.weights.get(name);
        if (!like) continue; // the loss, the votes
        tensors.set(name, tf.tensor(bucket.subarray(offset, offset + length), like.shape, "float32"));
      }
    }
    return tensors;
  }

  hash(): string {
    return this.#state.hash();
  }

  exportTensors({ withOptimizer }: { readonly withOptimizer: boolean }): Pick<Checkpoint, "weights" | "optimizer"> {
    return {
      weights: this.#state.exportWeights(),
      optimizer: withOptimizer ? this.#state.exportOptimizer() : new Map(),
    };
  }
}
