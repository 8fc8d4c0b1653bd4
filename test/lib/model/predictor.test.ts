import assert from "node:assert/strict";
import type { Clock } from "#lib/base/clock.ts";
import { silentLog } from "#lib/base/log.ts";
import { randomStream } from "#lib/base/random.ts";
import type { Precision } from "#lib/engine/op.ts";
import { createPredictor } from "#lib/model/predictor.ts";
import type { PredictorOptions } from "#lib/model/predictor.ts";
import { systemClock } from "#lib/system/clock.ts";
import { checkpointOf } from "#test/support/checkpoints.ts";
import { assertClose } from "#test/support/close.ts";
import { recordingLines } from "#test/support/fake-run.ts";
import { useTensorFlow } from "#test/support/tensorflow.ts";
import { resolved, tinyModel } from "#test/support/tiny-model.ts";
import { untrainedWeights } from "#test/support/untrained.ts";

describe("a predictor", () => {
  before(useTensorFlow);

  it("says of a sample of several views the mean of what it says of each", async () => {
    const config = { model: tinyModel() };
    const checkpoint = { ...checkpointOf(), weights: await untrainedWeights(config) };
    const options = { source: "here", config: resolved(config), log: silentLog, clock: systemClock };
    using predictor = await createPredictor(checkpoint, options);
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

  describe("that is asked for bfloat16", () => {
    const config = { model: tinyModel() };
    const log: string[] = [];
    const predicted = async (options: Partial<PredictorOptions>): Promise<[Precision, Float32Array]> => {
      const checkpoint = { ...checkpointOf(), weights: await untrainedWeights(config) };
      const asked = { source: "here", config: resolved(config), log: recordingLines(log), clock: systemClock };
      using predictor = await createPredictor(checkpoint, { ...asked, ...options });
      const random = randomStream(2);
      const images = Uint8Array.from({ length: 4 * 32 * 32 * 3 }, () => random.integer(0, 255));
      return [predictor.precision, predictor.predict({ images, count: 4, height: 32, width: 32 })];
    };

    /** Bfloat16 is timed first: what comes later takes longer. */
    function slowing(): Clock {
      let [now, step] = [0, 1];
      return { ...systemClock, nowMs: () => (now += step *= 1.2) };
    }

    it("says nearly the same in it, where it is faster", async () => {
      const [precision, rounded] = await predicted({ precision: "bfloat16", clock: slowing() });
      assert.equal(precision, "bfloat16");
      const [, exact] = await predicted({});
      assert.notDeepEqual(rounded, exact);
      assertClose(rounded, exact, { tolerance: 0.01, what: "probabilities" });
    });

    it("says that it stays in float32, where nothing is compiled", async () => {
      const [precision, values] = await predicted({ precision: "bfloat16", eager: true });
      assert.equal(precision, "float32");
      assert.deepEqual(log, [
        "WARN The setting of precision asks for bfloat16; it is computed in float32: it computes op by op",
      ]);
      assert.deepEqual(values, (await predicted({ eager: true }))[1]);
    });
  });
});
