import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Clock } from "#lib/base/clock.ts";
import type { Log } from "#lib/base/log.ts";
import type { Build } from "#lib/config/component/component.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { loadEngine } from "#lib/engine/load.ts";
import type { Engine } from "#lib/engine/load.ts";
import type { Precision } from "#lib/engine/op.ts";
import { precisionHere } from "#lib/engine/precision.ts";
import type { TensorFunction } from "#lib/engine/program.ts";
import { openRunner } from "#lib/engine/runner.ts";
import type { RunnerOptions } from "#lib/engine/runner.ts";
import { predictProbabilities } from "#lib/nn/classifier.ts";
import { normalizePixels } from "#lib/nn/preprocess.ts";
import { meanOfViews } from "#lib/nn/views.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { freeingInputs } from "./eager.ts";
import { ModelState } from "./model-state.ts";
import { inferenceSettings } from "./settings.ts";
import type { InferenceSettings } from "./settings.ts";
import { WeightStore } from "./weight-store.ts";

/** Pixels of equally sized images. */
export interface PixelBatch {
  readonly images: Uint8Array; // [N * views, H, W, 3], BGR
  /** Samples: N. */
  readonly count: number;
  /** Images of each sample, which lie together; 1 unless given. */
  readonly views?: number;
  readonly height: number;
  readonly width: number;
}

/** A model that answers: the same forward for evaluation and serving. It computes one batch at a time. */
export interface Predictor {
  /** Class probabilities, [N, C] row-major; of several views their mean. */
  predict(batch: PixelBatch): Float32Array | Promise<Float32Array>;
}

/** A model in this thread. */
export interface LoadedPredictor extends Predictor, Disposable {
  readonly engine: Engine;
  /** What it computes in. */
  readonly precision: Precision;
  readonly numClasses: number;
  predict(batch: PixelBatch): Float32Array;
}

/** A config from plain data, of which no positions are known: a checkpoint's. */
export function configOf(checkpoint: Pick<Checkpoint, "meta">): ResolvedConfig {
  return { value: checkpoint.meta.config, positions: new Map() };
}

export interface PredictorOptions extends RunnerOptions {
  /** What the checkpoint is called in messages. */
  readonly source: string;
  /** In place of the checkpoint's own. */
  readonly config?: ResolvedConfig;
  /** Builds the model; without it, of our components. */
  readonly build?: Build;
  /** bfloat16 where that saves time: months are the same within a few hundredths. */
  readonly precision?: Precision;
  readonly log: Log;
  readonly clock: Clock;
}

/** Loads a checkpoint's weights into its model. CHECKPOINT_MISMATCH when `config` is of another model. */
export async function createPredictor(
  checkpoint: Checkpoint,
  {
    config = configOf(checkpoint),
    source,
    build,
    precision: asked = "float32",
    log,
    clock,
    ...options
  }: PredictorOptions,
): Promise<LoadedPredictor> {
  const engine = await loadEngine({ gradients: false, log });
  const { model, normalization } = inferenceSettings(config, build);
  const precision = precisionHere(engine, { asked, by: "The setting of precision", ...options }, { log, clock });
  const runner = openRunner(engine, { ...options, areStatic: true, precision });
  const state = new ModelState(model.parameters, { slotNames: [] }, runner.variables);
  state.importWeights(checkpoint.weights, { source, strict: true });
  const byViews = new Map<number, TensorFunction>();
  return {
    engine,
    precision,
    numClasses: model.head.numClasses,
    predict({ images, count, views = 1, height, width }) {
      const compute = byViews.get(views) ?? probabilitiesOf({ model, normalization }, views);
      byViews.set(views, compute);
      const shape = [count * views, height, width, 3];
      using results = runner.run(compute, { images: { type: "uint8", shape, values: images } });
      return results.read("probabilities");
    },
    [Symbol.dispose]: () => runner[Symbol.dispose](),
  };
}

/** Of `images` [N * views, H, W, 3]: `probabilities` [N, C]. */
function probabilitiesOf({ model, normalization }: InferenceSettings, views: number): TensorFunction {
  return (variables, { images }) => {
    const pixels = normalizePixels(images as Tensor4D, normalization);
    const { weights } = new WeightStore(variables, []);
    const probabilities = predictProbabilities(model, weights, pixels, freeingInputs(pixels));
    return { probabilities: meanOfViews(probabilities, views) };
  };
}
