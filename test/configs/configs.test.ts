import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import type { ConfigDict } from "#lib/config/value.ts";
import { dumpPython } from "#lib/config/print/dump.ts";
import { loadConfig } from "#lib/config/language/load.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { modelSettings, runSettings, scheduleOf } from "#lib/train/settings.ts";

const FILES = readdirSync("configs", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py"));
const RUNNABLE = FILES.filter((name) => !name.startsWith("_base_"));

const load = (name: string): ReturnType<typeof loadConfig> => loadConfig(`configs/${name}`, { files: nodeConfigFiles });

describe("configs/", () => {
  it("holds configs", () => assert.ok(RUNNABLE.length >= 7));

  for (const name of FILES) {
    it(`${name} loads, to the same value every time`, () => {
      const loaded = load(name);
      assert.deepEqual(loaded.warnings, []);
      assert.equal(JSON.stringify(load(name).value), JSON.stringify(loaded.value));
    });
  }

  for (const name of RUNNABLE) {
    it(`${name} says how to run it and what to expect`, () => {
      const header = readFileSync(`configs/${name}`, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("#"))
        .join("\n");
      assert.match(header, /Command: .*\n/);
      assert.ok(header.includes(`configs/${name}`), "the command names the config");
      assert.match(header, /Expected: /);
    });

    it(`${name} has all that a run needs`, () => {
      const { value } = load(name);
      for (const key of [
        "model",
        "data_preprocessor",
        "train_dataloader",
        "val_dataloader",
        "val_evaluator",
        "optim_wrapper",
        "param_scheduler",
        "train_cfg",
        "val_cfg",
        "default_hooks",
      ]) {
        assert.ok(key in value, key);
      }
    });

    it(`${name} is the same again when its dump is loaded`, () => {
      const loaded = load(name);
      const dumped = dumpPython(loaded.python);
      const again = loadConfig("/dump.py", { files: { resolve: (path) => path, read: () => dumped, list: () => [] } });
      assert.deepEqual(again.value, loaded.value);
    });
  }

  for (const name of RUNNABLE) {
    it(`${name} builds: model, optimizer, schedule, hooks and metrics`, () => {
      const config = load(name);
      const { maxEpochs, validation } = runSettings(config);
      const { optimizer } = modelSettings(config);
      const schedule = scheduleOf(config, optimizer, { epochLength: 10, maxEpochs, worldSize: 1, batchSize: 32 });
      assert.ok(schedule.learningRate > 0);
      assert.ok(validation && validation.metrics.length > 0);
    });
  }

  it("resnet101_8xb32_petage.py is the contest's training", () => {
    const { value } = load("resnet/resnet101_8xb32_petage.py");
    const model = value["model"] as { readonly backbone: ConfigDict; readonly head: ConfigDict };
    assert.deepEqual(model.head, {
      type: "LinearClsHead",
      num_classes: 192,
      in_channels: 2048,
      loss: { type: "GaussSmoothLoss", std: 2, num_samples: 11, loss_weight: 1, reduction: "mean" },
      topk: [10],
    });
    const { depth, frozen_stages: frozen, init_cfg: init } = model.backbone;
    const { checkpoint, ...pretrained } = init as ConfigDict;
    assert.deepEqual([depth, frozen, pretrained], [101, 3, { type: "Pretrained", prefix: "backbone" }]);
    assert.match(typeof checkpoint === "string" ? checkpoint : "", /^checkpoints\//);
    assert.deepEqual(value["optim_wrapper"], { optimizer: { type: "Adam", lr: 0.001 } });
    assert.deepEqual(value["param_scheduler"], {
      type: "MultiStepLR",
      by_epoch: true,
      milestones: [100, 200, 300],
      gamma: 0.1,
    });
    assert.deepEqual(value["train_cfg"], { by_epoch: true, max_epochs: 1000, val_interval: 1 });
    assert.deepEqual(value["val_evaluator"], { type: "self_Accuracy", topk: [10] });
  });
});
