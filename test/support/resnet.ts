import { modelSettings } from "#lib/train/settings.ts";
import type { ModelSettings } from "#lib/train/settings.ts";
import { resolved } from "./tiny-model.ts";

/** A real ResNet of 1000 classes, trained by momentum. */
export function resNetSettings(depth: number): ModelSettings {
  const channels = depth < 50 ? 512 : 2048;
  const loss = { type: "CrossEntropyLoss", loss_weight: 1 };
  return modelSettings(
    resolved({
      model: {
        type: "ImageClassifier",
        backbone: { type: "ResNet", depth },
        neck: { type: "GlobalAveragePooling" },
        head: { type: "LinearClsHead", num_classes: 1000, in_channels: channels, loss },
      },
      data_preprocessor: { mean: [120, 110, 100], std: [60, 61, 62], to_rgb: true },
      optim_wrapper: { optimizer: { type: "SGD", lr: 0.1, momentum: 0.9 } },
    }),
  );
}
