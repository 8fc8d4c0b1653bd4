import assert from "node:assert/strict";
import { autoScaleLrSchema, learningRateFactor } from "#lib/optim/auto-scale-lr.ts";

describe("learningRateFactor()", () => {
  const config = { base_batch_size: 256, enable: true };

  for (const { worldSize, batchSize, factor } of [
    { worldSize: 8, batchSize: 32, factor: 1 },
    { worldSize: 2, batchSize: 16, factor: 0.125 },
    { worldSize: 4, batchSize: 128, factor: 2 },
  ]) {
    it(`is ${factor} for ${worldSize} ranks of ${batchSize}`, () => {
      assert.equal(learningRateFactor({ worldSize, batchSize }, autoScaleLrSchema.parse(config)), factor);
    });
  }

  it("is 1 where it is not enabled", () => {
    assert.equal(
      learningRateFactor({ worldSize: 2, batchSize: 16 }, autoScaleLrSchema.parse({ base_batch_size: 256 })),
      1,
    );
  });
});
