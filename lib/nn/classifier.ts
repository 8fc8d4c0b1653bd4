import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { PetageError } from "../base/errors.ts";
import { buildComponent, configNode } from "../config/build.ts";
import { component } from "../config/component.ts";
import { dictionary } from "../config/dictionary.ts";
import type { ResolvedConfig, Table } from "../config/component.ts";
import { backbones } from "./backbones/index.ts";
import { heads } from "./heads/index.ts";
import { necks } from "./necks/index.ts";
import type { Backbone, Head, Layer, Mode, Neck, ParameterSpec, RunLayer, Weights } from "./types.ts";

/** A classifier as data: what it holds, in `state_dict` order, and how its parts run. */
export interface Classifier {
  readonly backbone: Backbone;
  readonly neck: Neck;
  readonly head: Head;
  readonly parameters: readonly ParameterSpec[];
}

const schema = z.strictObject({
  backbone: dictionary.describe("The feature extractor: dict(type='ResNet', ...)"),
  neck: dictionary.default({ type: "GlobalAveragePooling" }).describe("Feature map to feature vector"),
  head: dictionary.describe("Feature vector to logits, and the loss"),
  train_cfg: z.null().default(null).describe("Batch augments; not supported yet"),
  data_preprocessor: dictionary.optional().describe("Overrides the top-level data_preprocessor"),
  init_cfg: z.null().default(null).describe("Set init_cfg on the backbone instead"),
  pretrained: z.null().default(null).describe("Use load_from, or init_cfg of the backbone"),
});

const ImageClassifier = component<z.output<typeof schema>, Classifier, ResolvedConfig>({
  schema,
  create(model, config) {
    const at = (key: "backbone" | "neck" | "head") => ({ config, path: `model.${key}`, value: model[key] });
    const backbone = buildComponent(backbones, at("backbone"), undefined);
    const neck = buildComponent(necks, at("neck"), undefined);
    const head = buildComponent(heads, at("head"), { node: at("head") });
    if (head.inChannels !== backbone.outputChannels) {
      const position = config.positions.get("model.head.in_channels") ?? config.positions.get("model.head");
      throw new PetageError(
        "CONFIG_INVALID_VALUE",
        `model.head.in_channels is ${head.inChannels}, but the backbone gives ${backbone.outputChannels} channels`,
        { ...(position ? { position } : {}), hint: `Set in_channels=${backbone.outputChannels}` },
      );
    }
    const parameters = [...backbone.layers.flatMap((layer) => layer.parameters), ...head.parameters];
    return { backbone, neck, head, parameters };
  },
});

const models: Table<Classifier, ResolvedConfig> = { kind: "model", components: { ImageClassifier } };

/** Builds the model of a resolved config. Throws CONFIG_* errors that name file, line and path. */
export function createClassifier(config: ResolvedConfig): Classifier {
  return buildComponent(models, configNode(config, "model"), config);
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
