import type { Log } from "../base/log.ts";
import type { ResolvedConfig } from "../config/value.ts";
import { loadEngine } from "../engine/load.ts";
import type { Engine } from "../engine/load.ts";
import { scoped } from "../engine/scope.ts";
import { uploadImages } from "../engine/native/upload-images.ts";
import { predictProbabilities } from "../nn/classifier.ts";
import { normalizePixels } from "../nn/preprocess.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { ModelState } from "./model-state.ts";
import { inferenceSettings } from "./settings.ts";

/** Pixels of equally sized images. */
export interface ImageBatch {
  readonly images: Uint8Array; // [N, H, W, 3], BGR
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** A model that answers: the same forward for evaluation and serving. */
export interface Predictor {
  readonly engine: Engine;
  readonly classCount: number;
  /** Class probabilities, [N, C] row-major. */
  predict(batch: ImageBatch): Float32Array;
  dispose(): void;
}

/** A config from plain data, of which no positions are known: a checkpoint's. */
export function configOf(checkpoint: Pick<Checkpoint, "meta">): ResolvedConfig {
  return { value: checkpoint.meta.config, positions: new Map() };
}

/** Loads a checkpoint's weights into its model. CHECKPOINT_MISMATCH when `config` is of another model. */
export async function createPredictor(
  checkpoint: Checkpoint,
  { config = configOf(checkpoint), source, log }: { config?: ResolvedConfig; source: string; log: Log },
): Promise<Predictor> {
  const engine = await loadEngine({ gradients: false, log });
  const { model, normalization } = inferenceSettings(config);
  const state = new ModelState(model.parameters, { seed: null, slotNames: [] });
  state.importWeights(checkpoint.weights, { source, strict: true });
  return {
    engine,
    classCount: model.head.numClasses,
    predict({ images, count, height, width }) {
      return scoped(() => {
        const pixels = normalizePixels(uploadImages(images, [count, height, width, 3]), normalization);
        return predictProbabilities(model, state.weights, pixels).dataSync<"float32">();
      });
    },
    dispose: () => state.dispose(),
  };
}
