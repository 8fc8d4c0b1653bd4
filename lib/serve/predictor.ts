import type { ResolvedConfig } from "#lib/config/value.ts";

/** A model that is ready to answer. */
export interface ModelInfo {
  /** Its name in the store, or else that of the config it was trained with. */
  readonly name: string;
  /** Its version in the store, or else where in its training the weights were taken: "epoch_12". */
  readonly version: string;
  /** SHA-256 of the weights file. */
  readonly sha256: string;
  /** Class names by class index: "0" to "191". */
  readonly classes: readonly string[];
  /** Measured when the checkpoint was written, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What the checkpoint was trained with; its test pipeline brings a photo to the network's input. */
  readonly config: ResolvedConfig;
}

/** Pixels of equally sized images. */
export interface PixelBatch {
  readonly images: Uint8Array; // [N, H, W, 3], BGR
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** The model behind the batcher. It computes one batch at a time. */
export interface Predictor {
  readonly info: ModelInfo;
  /** Softmax over the classes, [N, C] row-major. */
  predict(batch: PixelBatch): Promise<Float32Array>;
}
