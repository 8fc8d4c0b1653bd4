import assert from "node:assert/strict";
import type { ConfigDict } from "#lib/config/value.ts";
import { checkConfig } from "#lib/train/check-config.ts";
import { errorOf } from "#test/lib/config/support.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";

const pipeline = [
  { type: "LoadImageFromFile" },
  { type: "RandomResizedCrop", scale: 32 },
  { type: "RandomApply", transforms: [{ type: "RandomFlip", prob: 1 }] },
  { type: "PackInputs" },
];
const loader = {
  batch_size: 4,
  dataset: { type: "CustomDataset", data_root: "data", pipeline },
  sampler: { type: "DefaultSampler", shuffle: true },
};
const evaluator = { type: "Accuracy", topk: [1] };

/** All that may stand in a config of a training. */
const WHOLE = {
  model: tinyModel(),
  data_preprocessor: { mean: [1, 2, 3], std: [1, 1, 1] },
  train_dataloader: loader,
  val_dataloader: loader,
  test_dataloader: loader,
  train_cfg: { max_epochs: 2 },
  val_cfg: {},
  test_cfg: { type: "TestLoop" },
  val_evaluator: evaluator,
  test_evaluator: [evaluator],
  optim_wrapper: { optimizer: { type: "SGD", lr: 0.1 }, clip_grad: { max_norm: 1 } },
  param_scheduler: [
    { type: "LinearLR", end: 1 },
    { type: "MultiStepLR", milestones: [1] },
  ],
  auto_scale_lr: { base_batch_size: 32 },
  default_hooks: { logger: { interval: 4 }, checkpoint: { save_best: "auto" } },
  custom_hooks: [{ type: "IterTimerHook" }],
  randomness: { seed: 1 },
  work_dir: "work",
  load_from: null,
  resume: false,
};

type Path = readonly (string | number)[];

/** The value with another one at a path. */
function withAt(value: unknown, [key, ...rest]: Path, put: unknown): unknown {
  if (key === undefined) return put;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? withAt(item, rest, put) : item));
  }
  const dict = value as Record<string, unknown>;
  return { ...dict, [key]: withAt(dict[key] ?? {}, rest, put) };
}

const check = (value: unknown): ReturnType<typeof checkConfig> => checkConfig(resolved(value as ConfigDict));

/** Every dict of the config, by its path. */
function dictsIn(value: unknown, path: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => dictsIn(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return [path, ...Object.entries(value).flatMap(([key, item]) => dictsIn(item, [...path, key]))];
}

describe("checkConfig", () => {
  it("takes a config that has everything, and warns of nothing", () => {
    assert.deepEqual(check(WHOLE).warnings, []);
  });

  for (const path of dictsIn(WHOLE).filter(({ length }) => length > 0)) {
    it(`finds a key that ${path.join(".")} does not have`, () => {
      const { code, message } = errorOf(() => check(withAt(WHOLE, [...path, "no_such_key"], 1)));
      assert.equal(code, "CONFIG_UNKNOWN_KEY");
      assert.match(message, /no_such_key/);
    });
  }

  for (const [path, put, message] of [
    [["load_from"], 5, /`load_from` is 5, expected a str/],
    [["load_from"], "s3://bucket/x.pth", /`load_from` names s3:\/\/bucket\/x.pth, which is neither a path/],
    [
      ["model", "backbone", "init_cfg"],
      { type: "Pretrained", checkpoint: "https://host/x.pth" },
      /`model.backbone.init_cfg` names https:\/\/host\/x.pth/,
    ],
    [["resume"], "epoch_3", /`resume` is 'epoch_3', expected True or False/],
    [["test_evaluator"], { type: "Accuracy", topk: [1, 500] }, /`test_evaluator` cannot be measured with \d+ classes/],
    [["val_evaluator"], [evaluator, { type: "Accuracy", topk: 500 }], /`val_evaluator.1` cannot be measured/],
    [["default_hooks", "checkpoint", "save_best"], "top9", /save_best names top9/],
    [["default_hooks", "loger"], { interval: 4 }, /`default_hooks` has no `loger`/],
    [["train_dataloader", "samples_per_gpu"], 4, /DataLoader has no key `samples_per_gpu`/],
    [["train_dataloader", "dataset", "pipeline"], pipeline.slice(1), /has no LoadImageFromFile/],
    [["param_scheduler"], { type: "OneCycleLR", eta_max: 1, total_steps: 5, end: 50 }, /active for 50 steps/],
    [["val_cfg"], { type: "NoLoop" }, /`val_cfg.type` is 'NoLoop', expected 'ValLoop' or 'TestLoop'/],
  ] as const) {
    it(`refuses ${path.join(".")}: ${message.source}`, () => {
      const error = errorOf(() => check(withAt(WHOLE, path, put)));
      assert.match(error.message, message);
    });
  }

  for (const [name, value, said] of [
    ["load_form", "/x.pth", "did you mean `load_from`?"],
    ["optim_wraper", { clip_grad: 1 }, "did you mean `optim_wrapper`?"],
    ["param_schedular", [], "did you mean `param_scheduler`?"],
    ["trainDataLoader", {}, "did you mean `train_dataloader`?"],
    ["test_evaluater", evaluator, "did you mean `test_evaluator`?"],
    ["custom-hooks", [], "did you mean `custom_hooks`?"],
    ["data", { samples_per_gpu: 8 }, "mmclassification 0.x, now say train_dataloader"],
    ["lr_config", { policy: "step" }, "mmclassification 0.x, now say param_scheduler"],
    ["resume_from", null, "mmclassification 0.x, now say resume=True"],
    ["total_epochs", 7, "mmclassification 0.x, now say train_cfg"],
  ] as const) {
    it(`warns that ${name} has no effect: ${said}`, () => {
      const [warning = "", ...more] = check({ ...WHOLE, [name]: value }).warnings;
      assert.deepEqual(more, []);
      assert.ok(warning.includes(`\`${name}\``) && warning.includes(said), warning);
    });
  }

  it("warns of a hook that almost has the name of a default one, and of no other", () => {
    const hook = WHOLE.default_hooks.checkpoint;
    const warningsOf = (name: string): readonly string[] =>
      check(withAt(WHOLE, ["default_hooks", name], { ...hook, type: "CheckpointHook" })).warnings;
    const said = "`default_hooks.checkpiont` is a hook besides `checkpoint`: did you mean `default_hooks.checkpoint`?";
    assert.deepEqual(warningsOf("checkpiont"), [said]);
    assert.deepEqual(warningsOf("save_the_best"), []);
  });

  it("warns of a transform that has something to say, with its place", () => {
    const at = ["val_dataloader", "dataset", "pipeline", 1];
    assert.deepEqual(check(withAt(WHOLE, at, { type: "NumpyToPIL" })).warnings, [
      "`val_dataloader.dataset.pipeline.1`: NumpyToPIL does nothing: images are arrays in BGR throughout. Remove it",
    ]);
  });

  it("warns of no variable that a config has for itself", () => {
    const own = { bs: 32, _x: 1, root: "data", train_pipeline: pipeline, dataset_type: "CustomDataset", policies: [] };
    const helpers = { optimizer: WHOLE.optim_wrapper.optimizer, max_epochs: 7, seed: 5 };
    const theirs = { vis_backends: [], env_cfg: {}, default_scope: "mmpretrain", log_level: "INFO", visualizer: {} };
    assert.deepEqual(check({ ...WHOLE, ...own, ...helpers, ...theirs }).warnings, []);
  });

  it("says in the error what the missing key was written as", () => {
    const { train_dataloader: _, ...rest } = WHOLE;
    const { hint } = errorOf(() => check({ ...rest, data: { samples_per_gpu: 8 } }));
    assert.match(hint ?? "", /`data` has no effect.* now say train_dataloader/);
  });
});
