import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { heads } from "#lib/nn/heads/index.ts";
import { models } from "#lib/nn/models/index.ts";
import { necks } from "#lib/nn/necks/index.ts";
import { buildFrom } from "#test/support/build.ts";
import { conforms } from "#test/support/conformance.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { tinyModel } from "#test/support/tiny-model.ts";

describe("every model", () => conforms(models, { ImageClassifier: tinyModel() }, undefined));

describe("every neck", () => {
  before(useTensorFlow);
  conforms(necks, { GlobalAveragePooling: {} }, undefined);

  for (const type of Object.keys(necks.components)) {
    it(`${type} makes one vector of each feature map`, () => {
      const neck = buildFrom(necks, { type }, undefined);
      assert.deepEqual(
        tf.tidy(() => neck([tf.ones([2, 3, 4, 5]), tf.ones([2, 3, 2, 7])]).map(({ shape }) => shape)),
        [
          [2, 5],
          [2, 7],
        ],
      );
    });
  }
});

describe("every head", () => {
  const EXAMPLES: Readonly<Record<keyof typeof heads.components, object>> = {
    LinearClsHead: { num_classes: 7, in_channels: 5 },
  };
  before(useTensorFlow);
  conforms(heads, EXAMPLES, undefined);

  for (const [type, config] of Object.entries(EXAMPLES)) {
    it(`${type} builds its loss where the config has it`, () => {
      assert.throws(() => buildFrom(heads, { type, ...config, loss: { type: "NoSuchLoss" } }, undefined), {
        code: "CONFIG_UNKNOWN_TYPE",
        message: /`component\.loss` has type `NoSuchLoss`/,
      });
    });
  }
});
