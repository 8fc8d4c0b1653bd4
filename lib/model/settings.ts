import { buildComponent } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { buildPreprocessor } from "#lib/data/preprocessor.ts";
import { createClassifier } from "#lib/nn/classifier.ts";
import type { Normalization } from "#lib/nn/preprocess.ts";
import type { Classifier } from "#lib/nn/types.ts";

/** A model and what is done with pixels before it: all that evaluation and serving need of a config. */
export interface InferenceSettings {
  readonly model: Classifier;
  readonly normalization: Normalization;
}

/** Throws CONFIG_* errors that name file, line and path. */
export function inferenceSettings(config: ResolvedConfig, build: Build = buildComponent): InferenceSettings {
  const root = configNode(config);
  const model = createClassifier(config, build);
  // The model's own wins.
  const given = root.find("model.data_preprocessor") ?? root.find("data_preprocessor");
  const preprocessor = given ?? root.child("data_preprocessor").with({});
  return { model, normalization: buildPreprocessor(preprocessor, build) };
}
