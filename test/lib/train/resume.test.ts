import assert from "node:assert/strict";
import type { ConfigDict } from "#lib/config/value.ts";
import type { Checkpoint, StateDict, TensorData } from "#lib/model/checkpoint.ts";
import type { ParameterSpec } from "#lib/nn/types.ts";
import { newOrder, requireFit, resumeDifferences, resumeWarning } from "#lib/train/resume.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";
import { resolved, tinyClassifier, tinyModel } from "#test/support/tiny-model.ts";

const CONFIG = {
  model: tinyModel(),
  optim_wrapper: { optimizer: { type: "SGD", lr: 0.1, momentum: 0.9 } },
  param_scheduler: [{ type: "StepLR", step_size: 1 }],
  train_dataloader: { batch_size: 4, num_workers: 2, dataset: { pipeline: [{ type: "PackInputs" }] } },
  randomness: { seed: 1 },
  train_cfg: { max_epochs: 3 },
  work_dir: "a",
};

const optimizer = (changes: ConfigDict): ConfigDict => ({
  optim_wrapper: { optimizer: { ...CONFIG.optim_wrapper.optimizer, ...changes } },
});
const loader = (changes: ConfigDict): ConfigDict => ({ train_dataloader: { ...CONFIG.train_dataloader, ...changes } });

describe("a config that goes on from a checkpoint of another one", () => {
  const told: readonly [string, ConfigDict, string | undefined][] = [
    ["another learning rate", optimizer({ lr: 0.01 }), "optim_wrapper.optimizer.lr was 0.1 and is 0.01"],
    ["a new key", optimizer({ nesterov: true }), "optim_wrapper.optimizer.nesterov was not set and is true"],
    ["another batch size", loader({ batch_size: 8 }), "train_dataloader.batch_size was 4 and is 8"],
    ["another seed", { randomness: { seed: 2 } }, "randomness.seed was 1 and is 2"],
    ["no seed", { randomness: null }, 'randomness was {"seed":1} and is not set'],
    [
      "another schedule",
      { param_scheduler: [{ type: "StepLR", step_size: 2 }] },
      "param_scheduler.0.step_size was 1 and is 2",
    ],
    ["another model", { model: tinyModel({ classes: 3 }) }, "model.head.num_classes was 10 and is 3"],
    ["more epochs", { train_cfg: { max_epochs: 9 } }, undefined],
    ["another folder", { work_dir: "b" }, undefined],
    ["more decoders", loader({ num_workers: 8 }), undefined],
    ["itself", {}, undefined],
  ];
  for (const [what, changes, line] of told) {
    it(`${line === undefined ? "says nothing of" : "names"} ${what}`, () => {
      const found = resumeDifferences(CONFIG, { ...CONFIG, ...changes });
      if (line === undefined) return assert.deepEqual(found, []);
      assert.equal(found.length, 1);
      assert.ok(resumeWarning(found).startsWith(`The config is not the checkpoint's: ${line}`), resumeWarning(found));
    });
  }

  it("says that the schedule goes on from the checkpoint's values where others were asked for", () => {
    const warning = (changes: ConfigDict): string =>
      resumeWarning(resumeDifferences(CONFIG, { ...CONFIG, ...changes }));
    assert.match(
      warning(optimizer({ lr: 1 })),
      /\. Learning rate and weight decay go on from the checkpoint's values$/,
    );
    assert.doesNotMatch(warning(loader({ batch_size: 8 })), /Learning rate/);
  });

  it("lists the first differences in one line and counts the others", () => {
    const found = Array.from({ length: 8 }, (_, index) => ({ key: `model.k${index}`, before: "x".repeat(99), now: 1 }));
    assert.match(resumeWarning(found), /^[^\n]*model\.k4 was "x{59}\.\.\. and is 1; and 3 more$/);
  });

  const orders: readonly [string, ConfigDict, number, RegExp | undefined][] = [
    ["another batch size", loader({ batch_size: 8 }), 2, /train_dataloader\.batch_size was 4 and is 8/],
    ["another seed", { randomness: { seed: 2 } }, 2, /randomness\.seed/],
    ["other workers", {}, 3, /written by 2 workers, now there are 3/],
    ["other transforms", loader({ dataset: { pipeline: [{ type: "Other" }] } }), 2, undefined],
    ["another learning rate", optimizer({ lr: 1 }), 2, undefined],
  ];
  for (const [what, changes, worldSize, why] of orders) {
    it(`${why ? "begins" : "does not begin"} the epoch in progress again for ${what}`, () => {
      const found = resumeDifferences(CONFIG, { ...CONFIG, ...changes });
      assert.match(String(newOrder({ worldSize: 2 }, { worldSize, found })), why ?? /^undefined$/);
    });
  }
});

/** A checkpoint of the model of a config, as SGD with momentum leaves it. */
function checkpointFor(changes: { readonly slots?: StateDict } = {}): Checkpoint {
  const { parameters } = tinyClassifier();
  const zeros = ({ shape }: ParameterSpec): TensorData => {
    const count = shape.reduce((product, size) => product * size, 1);
    return { dtype: "F32", shape, values: new Float32Array(count) };
  };
  const weights = new Map(parameters.filter(({ kind }) => kind !== "counter").map((spec) => [spec.name, zeros(spec)]));
  const slots = new Map([...weights].map(([name, tensor]) => [`momentum_buffer/${name}`, tensor]));
  const checkpoint = checkpointOf();
  return { meta: { ...checkpoint.meta, config: CONFIG }, weights, optimizer: changes.slots ?? slots };
}

describe("requireFit", () => {
  const fit = (checkpoint: Checkpoint, changes: ConfigDict = {}): void =>
    requireFit(checkpoint, resolved({ ...CONFIG, ...changes }), "epoch_1");

  it("takes a checkpoint of this model and optimizer", () => fit(checkpointFor()));

  it("names what differs where the model is another one", () => {
    assert.throws(() => fit(checkpointFor(), { model: tinyModel({ classes: 3 }) }), {
      code: "CHECKPOINT_MISMATCH",
      message: /epoch_1 is of another model: size mismatch for head\.fc\.weight/,
      hint: "The config differs: model.head.num_classes was 10 and is 3",
    });
  });

  it("names what differs where the optimizer is another one", () => {
    assert.throws(() => fit(checkpointFor(), { optim_wrapper: { optimizer: { type: "AdamW", lr: 0.1 } } }), {
      code: "CHECKPOINT_MISMATCH",
      message: /no optimizer state exp_avg of/,
      hint: /optim_wrapper\.optimizer\.type was "SGD" and is "AdamW"/,
    });
  });

  it("refuses an optimizer's state of other sizes", () => {
    const { optimizer: slots } = checkpointFor();
    const odd: TensorData = { dtype: "F32", shape: [1], values: Float32Array.of(1) };
    const wrong = new Map([...slots].map(([name, tensor]) => [name, name.endsWith("head.fc.bias") ? odd : tensor]));
    assert.throws(() => fit(checkpointFor({ slots: wrong })), { message: /momentum_buffer of head\.fc\.bias/ });
  });
});
