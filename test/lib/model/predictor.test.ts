import { silentLog } from "#lib/base/log.ts";
import { randomStream } from "#lib/base/random.ts";
import { createPredictor } from "#lib/model/predictor.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";
import { assertClose } from "#test/support/close.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";
import { untrainedWeights } from "#test/support/untrained.ts";

describe("a predictor", () => {
  before(useTensorFlow);

  it("says of a sample of several views the mean of what it says of each", async () => {
    const config = { model: tinyModel() };
    const checkpoint = { ...checkpointOf(), weights: await untrainedWeights(config) };
    using predictor = await createPredictor(checkpoint, { source: "here", config: resolved(config), log: silentLog });
    const random = randomStream(2);
    const images = Uint8Array.from({ length: 4 * 32 * 32 * 3 }, () => random.integer(0, 255));
    const size = { height: 32, width: 32 };
    const ofViews = predictor.predict({ images, count: 4, ...size });
    const ofSamples = predictor.predict({ images, count: 2, views: 2, ...size });
    const { numClasses } = predictor;
    const expected = Array.from({ length: 2 * numClasses }, (_, at) => {
      const first = Math.floor(at / numClasses) * 2 * numClasses + (at % numClasses);
      return ((ofViews[first] ?? NaN) + (ofViews[first + numClasses] ?? NaN)) / 2;
    });
    assertClose(ofSamples, expected, { tolerance: 1e-6, what: "probabilities" });
  });
});
