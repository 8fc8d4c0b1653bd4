/** Names of mmcls 0.x and of documentation that outlived them, by the name that replaced each. */
const RENAMED_KEYS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({
    MultiStepLR: { step: "milestones" },
    CosineAnnealingLR: { min_lr: "eta_min", min_lr_ratio: "eta_min_ratio" },
    LinearLR: { warmup_ratio: "start_factor", warmup_iters: "end" },
    RandomResizedCrop: { size: "scale", scale_range: "crop_ratio_range", ratio: "aspect_ratio_range" },
    Resize: { size: "scale" },
    ResizeEdge: { size: "scale" },
    CenterCrop: { size: "crop_size", scale: "crop_size" },
    RandomCrop: { size: "crop_size" },
    RandomFlip: { flip_prob: "prob", flip_ratio: "prob" },
    CustomDataset: { type_prefix: "data_prefix" },
    DataLoader: { samples_per_gpu: "batch_size", workers_per_gpu: "num_workers" },
    CheckpointHook: { max_keep_checkpoints: "max_keep_ckpts", best: "save_best" },
  }).map(([type, keys]) => [type, new Map(Object.entries(keys))]),
);

const RENAMED_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Collect: "Its work is done by `PackInputs`.",
    ImageToTensor: "Its work is done by `PackInputs`: remove it.",
    ToTensor: "Its work is done by `PackInputs`: remove it.",
    MultiLabelDataset: "Models here tell one age a photo, and none has several labels: use `CustomDataset`.",
    MultiTaskDataset: "Models here tell one age a photo, and none has several tasks: use `CustomDataset`.",
    Normalize: "Give mean and std to `data_preprocessor` and remove it.",
    EpochBasedRunner: "Give the number of epochs as train_cfg=dict(by_epoch=True, max_epochs=...).",
  }),
);

/** What became of a key that a type once had, or of one that has no place here. */
export function legacyKeyHint(type: string, key: string, known: readonly string[]): string | undefined {
  if (key === "_delete_") return "`_delete_` has an effect only where the base has the same key: remove it.";
  const renamed = RENAMED_KEYS.get(type)?.get(key);
  return renamed !== undefined && known.includes(renamed) ? `It is now called \`${renamed}\`.` : undefined;
}

export function legacyTypeHint(type: string): string | undefined {
  return RENAMED_TYPES.get(type);
}
