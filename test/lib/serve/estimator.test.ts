import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { Estimator } from "#lib/serve/estimator.ts";
import type { Preprocess } from "#lib/serve/preprocess.ts";
import { FakeClock } from "#test/support/fake-clock.ts";
import { fakePredictor } from "#test/services/inference/support.ts";

const PHOTO = new Uint8Array(10);
const COMPUTE_MS = 10;

/** A server whose model takes 10 ms a photo, and whose decoders take `decodeMs` for each, two at a time. */
async function start({ decodeMs = 1 } = {}) {
  const clock = new FakeClock();
  const pass = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const decoded: AbortSignal[] = [];
  const preprocess: Preprocess = async (photo, signal) => {
    if (photo === PHOTO) {
      decoded.push(signal);
      await pass(decodeMs);
    }
    return { data: new Uint8Array(3).fill(7), height: 1, width: 1, channels: 3 };
  };
  const { predict, ...predictor } = fakePredictor();
  const slow = async (batch: Parameters<typeof predict>[0]): Promise<Float32Array> => {
    await pass(COMPUTE_MS * batch.count);
    return await predict(batch);
  };
  const options = { clock, decoders: { preprocess, parallelism: 2 } };
  const warming = Estimator.warm({ ...predictor, predict: slow }, options);
  for (let size = 1; size <= 16; size *= 2) {
    await clock.advance(0);
    await clock.advance(2 * COMPUTE_MS * size);
  }
  const estimator = await warming;
  const outcomes: string[] = [];
  const ask = (timeoutMs: number, count = 1): void => {
    for (let index = 0; index < count; index++) {
      estimator.estimate(PHOTO, { timeoutMs }).then(
        ({ estimate }) => outcomes.push(`${estimate.ageMonths} months`),
        (thrown: unknown) => outcomes.push(PetageError.from(thrown).message),
      );
    }
  };
  return { clock, estimator, ask, outcomes, decoded };
}

describe("Estimator", () => {
  it("knows how long its model takes when it begins to serve", async () => {
    const { clock, ask, outcomes, decoded } = await start();
    ask(5000, 40);
    await clock.advance(1);
    assert.equal(decoded.length, 4); // two at a time
    ask(300);
    await clock.advance(0);
    assert.deepEqual(outcomes, []); // it is more urgent than all who came before
    ask(30);
    await clock.advance(0);
    const [refused] = outcomes;
    assert.match(
      refused ?? "",
      /^Server is overloaded: an answer would take up to 0\.\d s, and the caller waits 0\.0 s$/,
    );
  });

  it("refuses on arrival what would be late behind the others, before it is decoded", async () => {
    const { clock, ask, outcomes, decoded } = await start();
    ask(400, 200); // 10 ms each: the first 40 at most are in time
    await clock.advance(0);
    const refused = outcomes.length;
    assert.ok(refused > 150 && refused < 190, `${refused} refused`);
    assert.ok(outcomes.every((outcome) => outcome.startsWith("Server is overloaded")));
    await clock.advance(400);
    assert.deepEqual(new Set(outcomes.slice(refused)), new Set(["7 months"])); // and all others are answered
    assert.equal(decoded.length, 200 - refused);
  });

  it("takes on anything while nothing else is to be done: what it knows may be out of date", async () => {
    const { clock, ask, outcomes } = await start();
    ask(9); // the model took 10 ms when it was measured
    await clock.advance(20);
    assert.deepEqual(outcomes, ["7 months"]);
  });

  it("does not decode for a caller who has left", async () => {
    const { clock, estimator, ask, decoded } = await start({ decodeMs: 50 });
    ask(5000, 2);
    const caller = new AbortController();
    const left = assert.rejects(estimator.estimate(PHOTO, { signal: caller.signal }), { code: "ABORTED" });
    caller.abort(new PetageError("ABORTED", "gone"));
    await left;
    await clock.advance(200);
    assert.equal(decoded.length, 2);
  });
});
