import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { wrappers } from "#lib/optim/wrappers/index.ts";
import { loops } from "#lib/train/loops/index.ts";
import { evaluationPrecision, modelSettings, runSettings } from "#lib/train/settings.ts";
import { conforms } from "#test/support/conformance.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";

const SGD = { type: "SGD", lr: 0.1 };

describe("every train loop", () => conforms(loops, { EpochBasedTrainLoop: { max_epochs: 3 } }, undefined));

describe("every optimizer wrapper", () => {
  const examples = {
    AmpOptimWrapper: { optimizer: SGD, dtype: "bfloat16" },
    OptimWrapper: [{ optimizer: SGD }, { optimizer: SGD, clip_grad: { max_norm: 1 } }],
  };
  conforms(wrappers, examples, undefined);
});

describe("val_cfg and test_cfg", () => {
  for (const [keys, expected] of [
    [{}, {}],
    [{ type: "ValLoop", fp16: false }, {}],
    [{ fp16: true }, { precision: "bfloat16" }],
  ] as const) {
    it(`say with ${JSON.stringify(keys)} what is evaluated in`, () => {
      for (const key of ["val_cfg", "test_cfg"] as const) {
        assert.deepEqual(evaluationPrecision(resolved({ [key]: keys }), key), expected);
      }
    });
  }
});

describe("train_cfg and optim_wrapper", () => {
  const settings = (changes: object): unknown => {
    const config = resolved({
      model: tinyModel(),
      train_dataloader: {},
      train_cfg: { max_epochs: 2 },
      optim_wrapper: { optimizer: SGD },
      ...changes,
    });
    return [runSettings(config), modelSettings(config)];
  };

  it("need not write their type, and may", () => {
    settings({});
    settings({ train_cfg: { type: "EpochBasedTrainLoop", max_epochs: 2 } });
    settings({ optim_wrapper: { type: "OptimWrapper", optimizer: SGD } });
  });

  for (const [changes, message] of [
    [{ train_cfg: { max_epoch: 2 } }, "`train_cfg`: `train_cfg` has no key `max_epoch`"],
    [{ train_cfg: {} }, "`train_cfg`: `train_cfg` needs `max_epochs`"],
    [{ train_cfg: 5 }, "`train_cfg` is 5, expected a dict"],
    [
      { train_cfg: { type: "IterBasedTrainLoop", max_epochs: 2 } },
      "`train_cfg.type` is 'IterBasedTrainLoop', expected 'EpochBasedTrainLoop'",
    ],
    [{ optim_wrapper: { optimizr: SGD } }, "`optim_wrapper`: `optim_wrapper` has no key `optimizr`"],
    [
      { optim_wrapper: { type: "AmpOptimWrapper", optimizer: SGD, dtype: "float16" } },
      "`optim_wrapper.dtype` is 'float16', expected 'bfloat16'",
    ],
    [
      { optim_wrapper: { type: "ApexOptimWrapper", optimizer: SGD } },
      "`optim_wrapper.type` is 'ApexOptimWrapper', expected 'OptimWrapper'",
    ],
    [{ optim_wrapper: { optimizer: 5 } }, "`optim_wrapper.optimizer` is 5, expected dict(type='...')"],
    [
      { optim_wrapper: { optimizer: { type: "SDG" } } },
      "`optim_wrapper.optimizer` has type `SDG`, but there is no such optimizer",
    ],
  ] as const) {
    it(`speak of themselves by their place: ${message}`, () => {
      assert.throws(
        () => settings(changes),
        (error) => error instanceof PetageError && error.code.startsWith("CONFIG_") && error.message === message,
        message,
      );
    });
  }

  it("list type among their keys", () => {
    assert.throws(() => settings({ train_cfg: { epochs: 2 } }), {
      hint: /It takes by_epoch, max_epochs, type, val_begin, val_interval$/,
    });
  });
});
