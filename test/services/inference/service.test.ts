import assert from "node:assert/strict";
import { flatPng } from "#test/lib/data/odd-images.ts";
import { silentLog } from "#lib/base/log.ts";
import { dial } from "#lib/rpc/client.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import { durationMs } from "#lib/rpc/time.ts";
import { Admission } from "#lib/serve/admission.ts";
import { Estimator, type EstimatorOptions } from "#lib/serve/estimator.ts";
import { PetageError } from "#lib/base/errors.ts";
import { ModelSlot } from "#lib/serve/model-slot.ts";
import { systemClock } from "#lib/system/clock.ts";
import type { ServedModel } from "#services/inference/models.ts";
import { inferenceService } from "#services/inference/service.ts";
import { CLASSES, fakePredictor, photo, type FakePredictor } from "./support.ts";

const READY_TIME = new Date("2026-01-02T03:04:05.678Z");

function startServer(slot: ModelSlot<ServedModel>) {
  const absence = (): PetageError => new PetageError("UNAVAILABLE", "The model is still loading");
  const service = implement("InferenceService", inferenceService({ slot, absence }, silentLog));
  return serve({ port: 0, log: silentLog, services: [service] });
}

/** A server with a fake model, and its client. */
async function start(predictor: FakePredictor = fakePredictor(), options: Partial<EstimatorOptions> = {}) {
  const estimator = await Estimator.warm(predictor, { clock: systemClock, ...options });
  const slot = new ModelSlot<ServedModel>();
  await slot.replace({
    estimator,
    readyTime: READY_TIME,
    version: 0,
    sha256: "",
    [Symbol.asyncDispose]: async () => {},
  });
  const server = await startServer(slot);
  const client = dial(server.address, "InferenceService");
  const dispose = async (): Promise<void> => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  return { client, predictor, [Symbol.asyncDispose]: dispose };
}

describe("Predict", () => {
  it("answers with the age, its distribution, the model and where the time went", async () => {
    await using host = await start();
    const { requestId, estimate, servedBy, timing } = await host.client.predict({
      image: await photo(60),
      requestId: "mine",
      topK: 2,
      intervalCoverage: 0.5,
    });
    assert.equal(requestId, "mine");
    assert.ok(estimate && timing);
    assert.deepEqual([estimate.ageMonths, estimate.meanMonths, estimate.modeMonths], [60, 60, 60]);
    assert.equal(estimate.monthProbabilities.length, CLASSES);
    assert.deepEqual(
      estimate.top.map(({ months }) => months),
      [60, 0],
    );
    assert.deepEqual(estimate.interval, { lowMonths: 60, highMonths: 60, coverage: 0.5 });
    assert.deepEqual(servedBy, { name: "fake", version: "epoch_1", weightsSha256: "ab".repeat(32) });
    assert.equal(timing.batchSize, 1);
    const [decodeMs, totalMs] = [durationMs(timing.decode), durationMs(timing.total)];
    assert.ok(decodeMs !== undefined && totalMs !== undefined && decodeMs > 0 && decodeMs <= totalMs);
  });

  it("has defaults for what was not asked: a request id, five ages, an 80 % interval", async () => {
    await using host = await start();
    const { requestId, estimate } = await host.client.predict({ image: await photo(9) });
    assert.match(requestId, /^[0-9a-f-]{36}$/);
    assert.equal(estimate?.top.length, 5);
    assert.equal(estimate?.interval?.coverage, 0.8);
  });

  const bad: [string, () => object | Promise<object>, string][] = [
    ["no photo", () => ({}), "IMAGE_EMPTY"],
    ["a text", () => ({ image: Buffer.from("hello") }), "IMAGE_FORMAT_UNSUPPORTED"],
    ["half a photo", async () => ({ image: (await photo(60)).subarray(0, 250) }), "IMAGE_UNDECODABLE"],
    ["too many bytes", () => ({ image: Buffer.alloc(12 * 2 ** 20 + 1) }), "IMAGE_TOO_LARGE"],
    ["too many pixels", async () => ({ image: await photo(60, { width: 8000, height: 6000 }) }), "IMAGE_TOO_LARGE"],
    [
      "a sliver that its pipeline would make huge",
      async () => ({ image: await flatPng(1, 30_000) }),
      "IMAGE_TOO_LARGE",
    ],
    ["a coverage of 1", async () => ({ image: await photo(60), intervalCoverage: 1 }), "INVALID_ARGUMENT"],
    ["a coverage of 0", async () => ({ image: await photo(60), intervalCoverage: 0 }), "INVALID_ARGUMENT"],
    ["a negative top_k", async () => ({ image: await photo(60), topK: -1 }), "INVALID_ARGUMENT"],
    ["an endless request id", async () => ({ image: await photo(60), requestId: "x".repeat(129) }), "INVALID_ARGUMENT"],
  ];
  for (const [what, request, code] of bad) {
    it(`refuses ${what} with ${code}, and serves on`, async () => {
      await using host = await start();
      const refusal = await host.client.predict(await request()).catch((error: unknown) => error as Error);
      assert.equal((refusal as { code?: string }).code, code);
      const status = ((refusal as Error).cause as { code: number }).code;
      assert.equal(status, 3, "the gRPC status is INVALID_ARGUMENT");
      assert.equal((await host.client.predict({ image: await photo(3) })).estimate?.ageMonths, 3);
    });
  }

  it("never answers with NaN", async () => {
    await using host = await start();
    await assert.rejects(host.client.predict({ image: await photo(0) }), { code: "NOT_FINITE" });
  });

  it("computes photos together that came while the model was busy, in batches it is warm for", async () => {
    let open = (): void => {};
    let held = Promise.resolve();
    const clock = { ...systemClock, nowMs: () => 0 }; // however many: it takes no time, so that all are computed at once
    await using host = await start(
      fakePredictor(() => held),
      { clock },
    );
    assert.deepEqual(
      host.predictor.batches.splice(0).map(({ count }) => count),
      [1, 1, 2, 2, 4, 4, 8, 8, 16, 16], // the second time is measured
    );
    held = new Promise((resolve) => (open = resolve));
    const photos = await Promise.all([10, 20, 30, 40].map((grey) => photo(grey)));
    const first = host.client.predict({ image: photos[0] as Buffer });
    await until(() => host.predictor.batches.length === 1);
    let decoded = 0;
    const rest = photos.slice(1).map((image) => host.client.predict({ image }).finally(() => decoded++));
    await new Promise((resolve) => setTimeout(resolve, 200)); // they are decoded meanwhile
    assert.equal(decoded, 0);
    open();
    const answers = await Promise.all([first, ...rest]);
    assert.deepEqual(
      answers.map(({ estimate }) => estimate?.ageMonths),
      [10, 20, 30, 40],
    );
    assert.deepEqual(
      host.predictor.batches.map(({ count }) => count),
      [1, 4],
    );
    assert.equal(answers[2]?.timing?.batchSize, 3);
  });

  it("says UNAVAILABLE at once when more photos are inside than it may hold", async () => {
    let open = (): void => {};
    let held = Promise.resolve();
    const predictor = fakePredictor(() => held);
    await using host = await start(predictor, {
      admission: new Admission({ maxItems: 1, maxBytes: 2 ** 20 }),
    });
    held = new Promise((resolve) => (open = resolve));
    predictor.batches.length = 0;
    const first = host.client.predict({ image: await photo(10) });
    await until(() => predictor.batches.length === 1);
    await assert.rejects(host.client.predict({ image: await photo(20) }), {
      code: "UNAVAILABLE",
      message: /overloaded/,
    });
    open();
    assert.equal((await first).estimate?.ageMonths, 10);
  });
});

describe("PredictStream", () => {
  it("answers every photo of more than its window, and a bad one with an error of its own", async () => {
    await using host = await start();
    const good = await photo(77);
    const requests = Array.from({ length: 200 }, (_, index) => ({
      predict: { requestId: `${index}`, image: index === 50 ? Buffer.from("no photo") : good },
    }));
    const answers = new Map<string, string | number | undefined>();
    for await (const { requestId, response, error } of host.client.predictStream(requests)) {
      answers.set(requestId, error ? error.code : response?.estimate?.ageMonths);
    }
    assert.equal(answers.size, 200);
    assert.equal(answers.get("50"), "IMAGE_FORMAT_UNSUPPORTED");
    answers.delete("50");
    assert.deepEqual([...new Set(answers.values())], [77]);
  });

  it("tells that a request holds no photo", async () => {
    await using host = await start();
    for await (const { error } of host.client.predictStream([{}])) assert.equal(error?.code, "INVALID_ARGUMENT");
  });
});

describe("GetModel", () => {
  it("describes the model and what it takes", async () => {
    await using host = await start();
    const model = await host.client.getModel({});
    assert.deepEqual([model.inputHeightPx, model.inputWidthPx, model.classes.length], [32, 32, CLASSES]);
    assert.deepEqual({ ...model.metrics }, { mae: 7 });
    assert.equal(durationMs(model.readyTime), READY_TIME.getTime());
    assert.equal(model.maxImageBytes, 12 * 2 ** 20);
  });

  it("is UNAVAILABLE while the model loads", async () => {
    await using server = await startServer(new ModelSlot());
    await using client = dial(server.address, "InferenceService");
    await assert.rejects(client.getModel({}), { code: "UNAVAILABLE", message: /loading/ });
  });
});

async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 5000;
  while (!condition()) {
    assert.ok(Date.now() < endMs, "the condition did not come true");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
