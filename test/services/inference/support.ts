import sharp from "sharp";
import type { ConfigDict, ResolvedConfig } from "#lib/config/value.ts";
import type { PixelBatch } from "#lib/model/predictor.ts";
import type { ServedPredictor } from "#lib/serve/model-info.ts";

export const CLASSES = 192;

const TEST_PIPELINE = [
  { type: "LoadImageFromFile" },
  { type: "ResizeEdge", scale: 36, edge: "short" },
  { type: "CenterCrop", crop_size: 32 },
  { type: "PackInputs" },
];

/** A config as it lies in a checkpoint, of the smallest model that petage has. */
export const CONFIG: ConfigDict = {
  model: {
    type: "ImageClassifier",
    backbone: { type: "ResNet", depth: 18, num_stages: 4, out_indices: [3], style: "pytorch" },
    neck: { type: "GlobalAveragePooling" },
    head: {
      type: "LinearClsHead",
      num_classes: CLASSES,
      in_channels: 512,
      loss: { type: "CrossEntropyLoss", loss_weight: 1.0 },
    },
  },
  data_preprocessor: {
    num_classes: CLASSES,
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
    to_rgb: true,
  },
  test_dataloader: { dataset: { type: "CustomDataset", pipeline: TEST_PIPELINE } },
};

/** A photo of one grey, as JPEG. */
export function photo(grey: number, { width = 48, height = 40 } = {}): Promise<Buffer> {
  const background = { r: grey, g: grey, b: grey };
  return sharp({ create: { width, height, channels: 3, background } })
    .jpeg({ quality: 100 })
    .toBuffer();
}

export interface FakePredictor extends ServedPredictor {
  readonly batches: PixelBatch[];
}

/** A model to which the grey of an image is its age, which takes its time when told to, and answers NaN to black. */
export function fakePredictor(hold: () => Promise<void> = () => Promise.resolve()): FakePredictor {
  const batches: PixelBatch[] = [];
  const config: ResolvedConfig = { value: CONFIG, positions: new Map() };
  const classes = Array.from({ length: CLASSES }, (_, month) => String(month));
  return {
    info: { name: "fake", version: "epoch_1", sha256: "ab".repeat(32), classes, metrics: { mae: 7 }, config },
    batches,
    async predict(batch) {
      batches.push(batch);
      await hold();
      const pixels = batch.height * batch.width * 3;
      const answer = new Float32Array(batch.count * CLASSES);
      for (let index = 0; index < batch.count; index++) {
        const grey = batch.images[index * pixels] ?? 0;
        answer[index * CLASSES + Math.min(grey, CLASSES - 1)] = grey === 0 ? Number.NaN : 1;
      }
      return answer;
    },
  };
}
