import assert from "node:assert/strict";
import { makeBatch, type MadeBatch } from "#lib/data/make-batch.ts";
import type { Image, Sample } from "#lib/data/types.ts";
import { flat } from "./transforms/support.ts";

/** A batch of images that a pipeline has left. */
function batchOf(images: readonly Image[]): Promise<MadeBatch> {
  const samples = images.map((_, index) => ({ id: `${index}.jpg`, path: `/${index}.jpg`, label: index }));
  const recipe = {
    samples,
    pipeline: async (sample: Sample): Promise<Sample> => {
      const image = images[sample.index];
      return { ...sample, ...(image && { image }) };
    },
    seed: 0,
    badSampleRule: "replace",
    maxSamplesInFlight: 2,
  } as const;
  return makeBatch(recipe, { epoch: 0, step: 0, indices: images.map((_, index) => index) }, undefined);
}

describe("makeBatch()", () => {
  it("puts the images of a batch into one array, in order", async () => {
    const { batch } = await batchOf([flat(1, 2, [1, 2, 3]), flat(1, 2, [4, 5, 6])]);
    assert.deepEqual([...batch.images], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    assert.deepEqual([batch.height, batch.width, [...batch.labels]], [1, 2, [0, 1]]);
  });

  it("refuses images that differ in size, and says which", () =>
    assert.rejects(batchOf([flat(2, 2, [1, 2, 3]), flat(2, 3, [4, 5, 6])]), {
      code: "CONFIG_INVALID_VALUE",
      message: /"0\.jpg" is 2 x 2, "1\.jpg" is 3 x 2/,
    }));

  it("refuses a grey image, which the models here do not take", () =>
    assert.rejects(batchOf([flat(2, 2, [1, 2, 3]), flat(2, 2, [4])]), {
      code: "CONFIG_INVALID_VALUE",
      message: /"1\.jpg" leaves the pipeline with 1 channel, expected 3/,
      hint: /keep_channels=True/,
    }));
});
