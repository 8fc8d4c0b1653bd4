import { defined } from "#lib/base/assert.ts";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import { initConfig } from "#lib/nn/init-config.ts";
import { weightOf } from "#lib/nn/layers.ts";
import { losses } from "#lib/nn/losses/index.ts";
import type { Head } from "#lib/nn/types.ts";

const schema = z.strictObject({
  num_classes: z.int().positive().describe("Classes; for pet ages the months 0..num_classes-1"),
  in_channels: z.int().positive().describe("Length of the feature vector: 512 for ResNet-18/34, 2048 above"),
  loss: dictionary.default({ type: "CrossEntropyLoss", loss_weight: 1.0 }).describe("The loss: dict(type=...)"),
  topk: ignored("upstream uses it with cal_acc only", z.union([z.int(), z.array(z.int())]).default([1])),
  cal_acc: z.literal(false).default(false).describe("Only False: metrics belong to the evaluator"),
  init_cfg: initConfig,
});

/** Logits = features x weight + bias; their softmax is the distribution. */
export const LinearClsHead = component({
  schema,
  create({ num_classes: numClasses, in_channels: inChannels }, { build }): Head {
    return {
      numClasses,
      inChannels,
      parameters: [
        {
          name: "head.fc.weight",
          shape: [numClasses, inChannels],
          layout: "linear",
          kind: "parameter",
          trainable: true,
          initial: { kind: "normal", deviation: 0.01 },
        },
        {
          name: "head.fc.bias",
          shape: [numClasses],
          layout: "plain",
          kind: "parameter",
          trainable: true,
          initial: { kind: "constant", value: 0 },
        },
      ],
      loss: build(losses, "loss", { numClasses }),
      logits(weights, features) {
        const last = defined(features.at(-1), "features") as Tensor2D; // [N, C]
        const projected = tf.matMul(last, weightOf(weights, "head.fc.weight"));
        return projected.add<Tensor2D>(weightOf(weights, "head.fc.bias"));
      },
      probabilities: (logits) => tf.softmax(logits),
    };
  },
});
