import type { ResolvedConfig } from "#lib/config/value.ts";
import type { Predictor } from "#lib/model/predictor.ts";

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

/** The model behind the batcher. */
export interface ServedPredictor extends Predictor {
  readonly info: ModelInfo;
}
