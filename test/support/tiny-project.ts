import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigDict } from "#lib/config/value.ts";
import { synthesize } from "#lib/host/pictures/synth.ts";
import { tinyModel } from "./tiny-model.ts";

export interface TinyProjectOptions {
  /** Images to draw; eight tenths are for training, one each for validation and test. */
  readonly count?: number;
  readonly batchSize?: number;
  readonly maxEpochs?: number;
  /** Top-level keys of the config that replace those here. */
  readonly changes?: ConfigDict;
}

export interface TinyProject {
  /** Path of the config file. */
  readonly config: string;
  readonly value: ConfigDict;
  readonly steps: number;
}

const SIZE_PX = 32;
const MONTHS = Array.from({ length: 192 }, (_, month) => String(month));
const TRAIN_PIPELINE = [
  { type: "LoadImageFromFile" },
  { type: "RandomResizedCrop", scale: SIZE_PX, crop_ratio_range: [0.8, 1] },
  { type: "RandomFlip", prob: 0.5 },
  { type: "PackInputs" },
];
/** Nothing random: the images as they were drawn. */
export const PLAIN_PIPELINE = [{ type: "LoadImageFromFile" }, { type: "PackInputs" }];

/** Draws a dataset of 32 x 32 pixels below a folder and writes a config that trains a tiny ResNet-18 on it. */
export async function writeTinyProject(folder: string, options: TinyProjectOptions = {}): Promise<TinyProject> {
  const { count = 80, batchSize = 8, maxEpochs = 2, changes = {} } = options;
  await synthesize({ out: join(folder, "pets"), count, seed: 1, layout: "annotation", sizePx: SIZE_PX });
  const value = { ...tinyConfig({ root: join(folder, "pets"), batchSize, maxEpochs }), ...changes };
  const config = join(folder, "tiny.json");
  await writeFile(config, JSON.stringify(value));
  return { config, value, steps: Math.ceil((count - 2 * Math.round(count / 10)) / batchSize) };
}

interface TinyConfigOptions {
  readonly root: string;
  readonly batchSize: number;
  readonly maxEpochs: number;
}

/** A dataloader of the project's dataset. */
export function tinyLoader(root: string, split: string, keys: ConfigDict): ConfigDict {
  const { pipeline = PLAIN_PIPELINE, ...rest } = keys;
  const files = { data_root: root, data_prefix: split, ann_file: `meta/${split}.txt` };
  return { num_workers: 0, dataset: { type: "CustomDataset", ...files, classes: MONTHS, pipeline }, ...rest };
}

function tinyConfig({ root, batchSize, maxEpochs }: TinyConfigOptions): ConfigDict {
  const ordered = { batch_size: batchSize, sampler: { type: "DefaultSampler", shuffle: false } };
  return {
    model: tinyModel({ classes: 192 }),
    data_preprocessor: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], to_rgb: true },
    train_dataloader: tinyLoader(root, "train", { batch_size: batchSize, pipeline: TRAIN_PIPELINE }),
    val_dataloader: tinyLoader(root, "val", ordered),
    test_dataloader: tinyLoader(root, "test", ordered),
    val_evaluator: { type: "PetAgeMAE" },
    test_evaluator: { type: "PetAgeMAE" },
    optim_wrapper: { optimizer: { type: "SGD", lr: 0.01, momentum: 0.9, weight_decay: 1e-4 } },
    param_scheduler: [{ type: "CosineAnnealingLR", T_max: maxEpochs, by_epoch: true, convert_to_iter_based: true }],
    train_cfg: { max_epochs: maxEpochs },
    val_cfg: {},
    test_cfg: {},
    default_hooks: { logger: { interval: 2 }, checkpoint: { interval: 1, max_keep_ckpts: 3 } },
    randomness: { seed: 3 },
  };
}
