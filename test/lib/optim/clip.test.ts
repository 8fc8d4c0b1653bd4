import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Feed, TensorFunction } from "#lib/engine/program.ts";
import { checkNorm, clipGradSchema, clipGradients } from "#lib/optim/clip.ts";
import { assertCompiles, feed } from "#test/support/compiled.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";

const gradients = [[3, -4], [12]];

function clip(config: object): { gradients: number[][]; norm: number } {
  let result = { gradients: [] as number[][], norm: NaN };
  tf.tidy(() => {
    const clipped = clipGradients(
      gradients.map((values) => tf.tensor1d(values)),
      clipGradSchema.parse(config),
    );
    result = {
      gradients: clipped.gradients.map((tensor) => [...tensor.dataSync()]),
      norm: clipped.norm.dataSync()[0] ?? NaN,
    };
  });
  return result;
}

describe("clipGradients()", () => {
  before(useTensorFlow);

  for (const { config, norm, scaled } of [
    { config: { max_norm: 6.5 }, norm: 13, scaled: 0.5 },
    { config: { type: "norm", max_norm: 100 }, norm: 13, scaled: 1 },
    { config: { max_norm: 1.9, norm_type: 1 }, norm: 19, scaled: 0.1 },
    { config: { max_norm: 6, norm_type: Infinity }, norm: 12, scaled: 0.5 },
    { config: { max_norm: 6, norm_type: "inf" }, norm: 12, scaled: 0.5 },
    { config: { max_norm: 1e9, norm_type: 3 }, norm: (27 + 64 + 1728) ** (1 / 3), scaled: 1 },
  ]) {
    it(`scales by ${scaled} with ${JSON.stringify(config)}`, () => {
      const result = clip(config);
      assert.ok(Math.abs(result.norm - norm) < 1e-4, `norm ${result.norm}`);
      gradients
        .flat()
        .forEach((value, i) => assert.ok(Math.abs(value * scaled - (result.gradients.flat()[i] ?? NaN)) < 1e-4));
    });
  }

  for (const config of [
    { max_norm: 6.5 },
    { max_norm: 6, norm_type: "inf" },
    { max_norm: 1, norm_type: 3 },
    { type: "value", clip_value: 3.5 },
  ]) {
    it(`is the same compiled with ${JSON.stringify(config)}`, () => {
      const compute: TensorFunction = (_, { first, second }) => {
        const clipped = clipGradients([first as Tensor, second as Tensor], clipGradSchema.parse(config));
        const [one, other] = clipped.gradients as [Tensor, Tensor];
        return { one, other, norm: clipped.norm };
      };
      const [first, second] = gradients.map((values) => feed(values)) as [Feed, Feed];
      assertCompiles(compute, { first, second }, { outputs: ["one", "other", "norm"] });
    });
  }

  it("clips each element with type value, and still tells the norm", () => {
    assert.deepEqual(clip({ type: "value", clip_value: 3.5 }), { gradients: [[3, -3.5], [3.5]], norm: 13 });
  });

  for (const wrong of [
    {},
    { max_norm: 0 },
    { max_norm: 1, clip_value: 1 },
    { type: "value", max_norm: 1 },
    { type: "x" },
  ]) {
    it(`refuses ${JSON.stringify(wrong)}`, () => assert.equal(clipGradSchema.safeParse(wrong).success, false));
  }
});

describe("checkNorm()", () => {
  it("throws for a norm that is not finite only where the config asks for it", () => {
    const strict = clipGradSchema.parse({ max_norm: 1, error_if_nonfinite: true });
    assert.throws(() => checkNorm(NaN, strict), { code: "NOT_FINITE" });
    assert.doesNotThrow(() => checkNorm(2, strict));
    assert.doesNotThrow(() => checkNorm(Infinity, clipGradSchema.parse({ max_norm: 1 })));
  });
});
