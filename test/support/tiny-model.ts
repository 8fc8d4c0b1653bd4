import type { ConfigDict, ResolvedConfig } from "#lib/config/value.ts";
import { createClassifier } from "#lib/nn/classifier.ts";
import type { Classifier } from "#lib/nn/types.ts";

/** A plain dict as a resolved config that was written in no file. */
export function resolved(value: ConfigDict): ResolvedConfig {
  return { value, positions: new Map() };
}

export interface TinyModelOptions {
  readonly backbone?: ConfigDict;
  readonly classes?: number;
  readonly loss?: ConfigDict;
}

/** The `model` of a config: a ResNet-18 with 8 channels where the real one has 64. */
export function tinyModel({ backbone = {}, classes = 10, loss }: TinyModelOptions = {}): ConfigDict {
  const channels = Number(backbone["base_channels"] ?? 8);
  return {
    type: "ImageClassifier",
    backbone: { type: "ResNet", depth: 18, stem_channels: 8, base_channels: channels, ...backbone },
    neck: { type: "GlobalAveragePooling" },
    head: {
      type: "LinearClsHead",
      num_classes: classes,
      in_channels: channels * 8,
      loss: loss ?? { type: "CrossEntropyLoss", loss_weight: 1 },
    },
  };
}

export function tinyClassifier(options: TinyModelOptions = {}): Classifier {
  return createClassifier(resolved({ model: tinyModel(options) }));
}
