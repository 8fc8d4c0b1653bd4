import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { PreprocessThreads } from "#lib/host/thread/preprocess.ts";
import { SERVING_IMAGE_LIMITS } from "#lib/serve/estimator.ts";
import { createPreprocess } from "#lib/serve/preprocess.ts";
import { flatPng } from "#test/lib/data/odd-images.ts";
import { CONFIG, photo } from "#test/services/inference/support.ts";

const SETUP = { config: { value: CONFIG, positions: new Map() }, limits: SERVING_IMAGE_LIMITS };
const { signal } = new AbortController();

describe("PreprocessThreads", () => {
  let threads: PreprocessThreads;
  before(() => (threads = new PreprocessThreads(SETUP)));
  after(() => threads[Symbol.asyncDispose]());

  it("makes what the calling thread would make, several at a time", async () => {
    const here = createPreprocess(SETUP.config, SETUP.limits);
    const photos = await Promise.all([10, 60, 120, 180].map((grey) => photo(grey)));
    const made = await Promise.all(photos.map((bytes) => threads.preprocess(bytes, signal)));
    for (const [index, image] of made.entries()) {
      const expected = await here(photos[index] as Buffer, signal);
      assert.deepEqual({ ...image, data: Buffer.from(image.data) }, { ...expected, data: Buffer.from(expected.data) });
    }
  });

  it("sends nothing of a message but the photo", async () => {
    const bytes = await photo(60);
    const message = new Uint8Array(2 ** 20);
    message.set(bytes, 1000);
    const view = Buffer.from(message.buffer, 1000, bytes.length);
    assert.equal((await threads.preprocess(view, signal)).height, 32);
    assert.equal(view.length, bytes.length); // it is still ours
  });

  it("tells what is wrong with a photo", async () => {
    await assert.rejects(threads.preprocess(Buffer.from("no photo"), signal), { code: "IMAGE_FORMAT_UNSUPPORTED" });
    const tall = await flatPng(1, 30_000);
    await assert.rejects(threads.preprocess(tall, signal), { code: "IMAGE_TOO_LARGE" });
  });

  it("gives a photo up when its caller does, and goes on with others", async () => {
    const caller = new AbortController();
    const large = await photo(60, { width: 6000, height: 6000 });
    const given = Array.from({ length: 6 }, () =>
      assert.rejects(threads.preprocess(large, caller.signal), { code: "DEADLINE_EXCEEDED" }),
    );
    caller.abort(new PetageError("DEADLINE_EXCEEDED", "too late"));
    await Promise.all(given);
    assert.equal((await threads.preprocess(await photo(60), signal)).height, 32);
  });
});
