import type { ConfigNode } from "#lib/config/component.ts";

/** A model that is ready to answer. */
export interface ModelInfo {
  /** Class names by class index: "0" to "191". */
  readonly classes: readonly string[];
  /** Size of the network's input in pixels. */
  readonly height: number;
  readonly width: number;
  /** Name of the config it was trained with, and where in its training the weights were taken. */
  readonly modelName: string;
  readonly modelVersion: string;
  /** SHA-256 of the weights file. */
  readonly sha256: string;
  /** Measured when the checkpoint was written, by name. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** What brings a photo to the network's input: the config's test pipeline. */
  readonly testPipeline: ConfigNode;
}

/** The model behind the batcher. One batch at a time. */
export interface Predictor extends AsyncDisposable {
  readonly info: ModelInfo;
  /** Softmax over the classes, [N, C], of `count` images, uint8 [N, H, W, 3] in BGR. */
  predict(images: Uint8Array, count: number): Promise<Float32Array>;
}
