import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Scalar } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { randomStream } from "#lib/base/random.ts";
import { buildComponent, buildWith } from "#lib/config/component/build.ts";
import { component } from "#lib/config/component/component.ts";
import type { Builder, Table } from "#lib/config/component/component.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { buildPipeline } from "#lib/data/pipeline.ts";
import { transforms } from "#lib/data/transforms/index.ts";
import type { Transform } from "#lib/data/transforms/transform.ts";
import type { Image } from "#lib/data/types.ts";
import { losses } from "#lib/nn/losses/index.ts";
import type { Loss, LossContext } from "#lib/nn/losses/types.ts";
import { modelSettings } from "#lib/train/settings.ts";
import { markedJpeg } from "#test/lib/data/odd-images.ts";
import { nodeOf } from "#test/support/build.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";

/** Costs `cost` for each class, whatever the logits. */
const FlatLoss = component({
  schema: z.strictObject({ cost: z.number().default(1).describe("Cost of a class.") }),
  create({ cost }, { context: { numClasses } }: Builder<LossContext>): Loss {
    return (): Scalar => tf.scalar(cost * numClasses);
  },
});

/** Gives the image the colour of ink. */
const Blacken = component({
  schema: z.strictObject({}),
  create(): Transform {
    const run = (image: Image): Image => ({ ...image, data: new Uint8Array(image.data.length) });
    return { plan: () => [{ kind: "pixels", run }] };
  },
});

const plugins = [
  { kind: losses.kind, components: { FlatLoss } } satisfies Table<Loss, LossContext>,
  { kind: transforms.kind, components: { Blacken } } satisfies Table<Transform>,
];

function configOf(loss: string): ReturnType<typeof resolved> {
  const { head, ...model } = tinyModel();
  return resolved({
    model: { ...model, head: { ...(head as object), loss: { type: loss } } },
    optim_wrapper: { optimizer: { type: "SGD", lr: 0.1 } },
  });
}

describe("a plugin", () => {
  before(useTensorFlow);
  const build = buildWith(plugins);

  it("adds a loss, which a head inside a model finds", () => {
    const { model } = modelSettings(configOf("FlatLoss"), build);
    tf.tidy(() => {
      const cost = model.head.loss(tf.zeros([1, model.head.numClasses]), tf.tensor1d([0], "int32"));
      assert.equal(cost.dataSync()[0], model.head.numClasses);
    });
  });

  it("adds a transform beside ours", async () => {
    const context = { read: () => assert.fail("no file is read"), decode: DEFAULT_IMAGE_LIMITS };
    const stages = [{ type: "LoadImageFromFile" }, { type: "Blacken" }, { type: "PackInputs" }];
    const pipeline = buildPipeline(nodeOf(stages), context, build);
    const sample = { info: { id: "a", path: "/a", label: null }, index: 0, bytes: await markedJpeg() };
    const { image } = await pipeline(sample, randomStream(0));
    assert.ok(image?.data.every((value) => value === 0));
  });

  it("leaves our tables, and builders without it, as they were", () => {
    assert.ok(!("FlatLoss" in losses.components));
    assert.throws(() => modelSettings(configOf("FlatLoss")), {
      code: "CONFIG_UNKNOWN_TYPE",
      message: /`model\.head\.loss` has type `FlatLoss`/,
      hint: /Known: AsymmetricLoss/,
    });
  });

  it("is among what an unknown type could have been", () => {
    assert.throws(() => modelSettings(configOf("FlatLos"), build), {
      hint: /Did you mean `FlatLoss`.*Known:.*FlatLoss/,
    });
  });

  it("may not take one of our names", () => {
    const other = buildWith([{ kind: losses.kind, components: { FocalLoss: FlatLoss } }]);
    assert.throws(() => other(losses, nodeOf({ type: "FocalLoss" }), { numClasses: 3 }), /another name than FocalLoss/);
    assert.doesNotThrow(() => buildComponent(losses, nodeOf({ type: "FocalLoss" }), { numClasses: 3 }));
  });
});
