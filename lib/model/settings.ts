import type { ConfigValue, ResolvedConfig } from "#lib/config/component.ts";
import { isDict } from "#lib/config/dictionary.ts";
import { buildPreprocessor } from "#lib/data/preprocessor.ts";
import { createClassifier } from "#lib/nn/classifier.ts";
import type { Classifier } from "#lib/nn/classifier.ts";
import type { Normalization } from "#lib/nn/preprocess.ts";

/** A model and what is done with pixels before it: all that evaluation and serving need of a config. */
export interface InferenceSettings {
  readonly model: Classifier;
  readonly normalization: Normalization;
}

/** Throws CONFIG_* errors that name file, line and path. */
export function inferenceSettings(config: ResolvedConfig): InferenceSettings {
  return { model: createClassifier(config), normalization: normalizationOf(config) };
}

/** The model's own data_preprocessor wins over the top-level one. */
function normalizationOf(config: ResolvedConfig): Normalization {
  const model = config.value["model"];
  const inModel: ConfigValue | undefined = isDict(model) ? model["data_preprocessor"] : undefined;
  const path = inModel === undefined ? "data_preprocessor" : "model.data_preprocessor";
  const value = inModel ?? config.value["data_preprocessor"] ?? {};
  return buildPreprocessor({ config, path, value });
}
