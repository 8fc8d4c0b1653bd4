import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { buildComponent } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { models } from "#lib/nn/models/index.ts";
import type { Classifier, Layer, Mode, RunLayer, Weights } from "./types.ts";

/** Builds the model of a resolved config. Throws CONFIG_* errors that name file, line and path. */
export function createClassifier(config: ResolvedConfig, build: Build = buildComponent): Classifier {
  return build(models, configNode(config, "model"), undefined);
}

/** How many layers at the front are frozen: they run forward only. */
export function frozenLayerCount({ backbone }: Classifier): number {
  const first = backbone.layers.findIndex((layer) => !layer.frozen);
  return first < 0 ? backbone.layers.length : first;
}

const INFERENCE: Mode = { training: false, statistics: [] };
const runLayer: RunLayer = (layer, weights, input, mode) => layer.forward(weights, input, mode);

/** Layers one after another, with running statistics. */
export function runLayers(
  layers: readonly Layer[],
  weights: Weights,
  input: Tensor4D,
  run: RunLayer = runLayer,
): Tensor4D {
  return layers.reduce((features, layer) => run(layer, weights, features, INFERENCE), input);
}

/** Logits [N, C] from the output of layer `from - 1` (the pixels for 0). */
export function classify(
  model: Classifier,
  weights: Weights,
  { input, from, mode }: { readonly input: Tensor4D; readonly from: number; readonly mode: Mode },
): Tensor2D {
  const layers = model.backbone.layers.slice(from);
  const features = layers.reduce((x, layer) => layer.forward(weights, x, mode), input);
  return model.head.logits(weights, model.neck(features));
}

/** Class probabilities [N, C] of normalised pixels. */
export function predictProbabilities(
  model: Classifier,
  weights: Weights,
  pixels: Tensor4D,
  run: RunLayer = runLayer,
): Tensor2D {
  const features = runLayers(model.backbone.layers, weights, pixels, run);
  return model.head.probabilities(model.head.logits(weights, model.neck(features)));
}
