import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { buildComponent } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";
import { configNode } from "#lib/config/component/node.ts";
import type { ResolvedConfig } from "#lib/config/value.ts";
import { ops } from "#lib/engine/ops.ts";
import { models } from "#lib/nn/models/index.ts";
import type { Backbone, Classifier, Mode, RunLayer, Weights } from "./types.ts";

/** Builds the model of a resolved config. Throws CONFIG_* errors that name file, line and path. */
export function createClassifier(config: ResolvedConfig, build: Build = buildComponent): Classifier {
  return build(models, configNode(config, "model"), undefined);
}

/** How many layers at the front are frozen: they run forward only. */
export function frozenLayerCount({ backbone }: Classifier): number {
  const first = backbone.layers.findIndex((layer) => !layer.frozen);
  return first < 0 ? backbone.layers.length : first;
}

/** How far a batch has come through a backbone. */
export interface Flow {
  /** How many of the layers have run. */
  readonly layerCount: number;
  /** What the last of them gave; the pixels at first. */
  readonly features: Tensor;
  /** Those of the backbone's outputs that are there. */
  readonly outputs: readonly Tensor[];
}

export function startOf(pixels: Tensor): Flow {
  return { layerCount: 0, features: pixels, outputs: [] };
}

export interface RunOptions {
  readonly mode: Mode;
  readonly run?: RunLayer | undefined;
}

const runLayer: RunLayer = (layer, weights, input, { mode }) => layer.forward(weights, input, mode);

/** Runs the layers of a backbone from where the batch is until `layerCount` have run. */
export function runLayers(
  { layers, outputs: wanted }: Backbone,
  weights: Weights,
  flow: Flow,
  { layerCount = layers.length, mode, run = runLayer }: RunOptions & { readonly layerCount?: number },
): Flow {
  let { features } = flow;
  const outputs = [...flow.outputs];
  for (const [index, layer] of layers.slice(0, layerCount).entries()) {
    if (index < flow.layerCount) continue;
    const [input, call] = [features, { mode, inputIsOutput: outputs.includes(features) }];
    features = ops().at(layer.name, () => run(layer, weights, input, call));
    if (wanted.includes(index)) outputs.push(features);
  }
  return { layerCount, features, outputs };
}

/** Logits [N, L]: the rest of the backbone, the neck and the head. */
export function classify(model: Classifier, weights: Weights, flow: Flow, options: RunOptions): Tensor2D {
  const { outputs } = runLayers(model.backbone, weights, flow, options);
  return ops().at("head", () => model.head.logits(weights, model.neck(outputs)));
}

/** Class probabilities [N, C] of normalised pixels. */
export function predictProbabilities(model: Classifier, weights: Weights, pixels: Tensor, run?: RunLayer): Tensor2D {
  const mode = { training: false, statistics: [] };
  return model.head.probabilities(classify(model, weights, startOf(pixels), { mode, run }));
}
