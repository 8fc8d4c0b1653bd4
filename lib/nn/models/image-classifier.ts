import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { backbones } from "#lib/nn/backbones/index.ts";
import { heads } from "#lib/nn/heads/index.ts";
import { necks } from "#lib/nn/necks/index.ts";
import type { Classifier } from "#lib/nn/types.ts";

const schema = z.strictObject({
  backbone: dictionary.describe("The feature extractor: dict(type='ResNet', ...)"),
  neck: dictionary.default({ type: "GlobalAveragePooling" }).describe("Feature map to feature vector"),
  head: dictionary.describe("Feature vector to logits, and the loss"),
  train_cfg: z.null().default(null).describe("Batch augments; not supported yet"),
  data_preprocessor: dictionary.optional().describe("Overrides the top-level data_preprocessor"),
  init_cfg: z.null().default(null).describe("Set init_cfg on the backbone instead"),
  pretrained: z.null().default(null).describe("Use load_from, or init_cfg of the backbone"),
});

/** Backbone, neck and head, one after the other. */
export const ImageClassifier = component({
  schema,
  create(_config, { node, build, fail }): Classifier {
    const backbone = build(backbones, "backbone", undefined);
    const neck = build(necks, "neck", undefined);
    const head = build(heads, "head", undefined);
    if (head.inChannels !== backbone.outputChannels) {
      throw fail(
        `${node.path}.head.in_channels is ${head.inChannels}, but the backbone gives ${backbone.outputChannels} channels`,
        { at: "head.in_channels", hint: `Set in_channels=${backbone.outputChannels}` },
      );
    }
    const parameters = [...backbone.layers.flatMap((layer) => layer.parameters), ...head.parameters];
    return { backbone, neck, head, parameters };
  },
});
