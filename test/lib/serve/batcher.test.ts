import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import { Batcher } from "#lib/serve/batcher.ts";
import { DEFAULT_POLICY, type BatchPolicy } from "#lib/serve/policy.ts";
import { FakeClock } from "#test/support/fake-clock.ts";

const BYTES = { bytes: 1 };

/** A model that takes 10 ms for a batch, fails on "bad", and remembers its batches. */
function model(policy: Partial<BatchPolicy> = {}, { parallelism = 1 } = {}) {
  const clock = new FakeClock();
  const batches: string[][] = [];
  const compute = async (items: readonly string[]): Promise<string[]> => {
    batches.push([...items]);
    await new Promise<void>((resolve) => void clock.after(10, resolve));
    if (items.includes("bad")) throw new PetageError("NOT_FINITE", "bad");
    return items.map((item) => item.toUpperCase());
  };
  const waiting = { now: 0, most: 0 };
  const onWaiting = (delta: number): void => {
    waiting.now += delta;
    waiting.most = Math.max(waiting.most, waiting.now);
  };
  const batcher = new Batcher({ compute, clock, onWaiting, parallelism, policy: { ...DEFAULT_POLICY, ...policy } });
  return { clock, batches, waiting, batcher };
}

describe("Batcher", () => {
  it("computes the first at once, and together what came meanwhile", async () => {
    const { clock, batches, batcher } = model();
    const answers = Promise.all(["a", "b", "c"].map((item) => batcher.submit(item, BYTES)));
    await clock.advance(30);
    assert.deepEqual(batches, [["a"], ["b", "c"]]);
    const [a, b, c] = await answers;
    assert.deepEqual(a, { answer: "A", queueMs: 0, computeMs: 10, batchSize: 1 });
    assert.deepEqual(b, { answer: "B", queueMs: 10, computeMs: 10, batchSize: 2 });
    assert.equal(c?.answer, "C");
  });

  it("fails a bad item alone", async () => {
    const { clock, batcher } = model({ maxDelayMs: 1 });
    const answers = Promise.allSettled(["a", "bad", "c", "d"].map((item) => batcher.submit(item, BYTES)));
    await clock.advance(200);
    const outcomes = (await answers).map((one) =>
      one.status === "fulfilled" ? one.value.answer : PetageError.from(one.reason).code,
    );
    assert.deepEqual(outcomes, ["A", "NOT_FINITE", "C", "D"]);
  });

  it("goes on after a failure", async () => {
    const { clock, batcher } = model();
    const bad = assert.rejects(batcher.submit("bad", BYTES), { code: "NOT_FINITE" });
    await clock.advance(10);
    await bad;
    const good = batcher.submit("a", BYTES);
    await clock.advance(10);
    assert.equal((await good).answer, "A");
  });

  it("refuses at once what does not fit into the queue, by items and by bytes", async () => {
    const { clock, batcher } = model({ maxQueueItems: 1, maxQueueBytes: 10 });
    const first = batcher.submit("a", BYTES); // is computed, so it is no longer in the queue
    await assert.rejects(batcher.submit("b", { bytes: 11 }), { code: "UNAVAILABLE", message: /overloaded/ });
    const second = batcher.submit("c", BYTES);
    await assert.rejects(batcher.submit("d", BYTES), { code: "UNAVAILABLE" });
    await clock.advance(30);
    assert.deepEqual([(await first).answer, (await second).answer], ["A", "C"]);
  });

  it("tells a caller early that its deadline cannot be met", async () => {
    const { clock, batches, batcher } = model();
    const first = batcher.submit("a", BYTES);
    const late = assert.rejects(batcher.submit("b", { bytes: 1, timeoutMs: 5 }), { code: "DEADLINE_EXCEEDED" });
    await clock.advance(5);
    await late; // and not at 10 ms, when the model is free again
    await clock.advance(5);
    await first;
    assert.deepEqual(batches, [["a"]]);
  });

  it("serves the most urgent first, whoever came first", async () => {
    const { clock, batches, batcher } = model({ batchSizes: [1] });
    const answers = Promise.all([
      batcher.submit("now", BYTES),
      batcher.submit("whenever", BYTES),
      batcher.submit("late", { ...BYTES, timeoutMs: 500 }),
      batcher.submit("soon", { ...BYTES, timeoutMs: 100 }),
    ]);
    await clock.advance(60);
    await answers;
    assert.deepEqual(batches, [["now"], ["soon"], ["late"], ["whenever"]]);
  });

  it("foresees the wait behind what it measured, and computes as many at a time as it is told", async () => {
    const { clock, batcher } = model({ batchSizes: [1] }, { parallelism: 2 });
    const foreseen = () => batcher.forecast({ timeoutMs: 1000 });
    const first = batcher.submit("a", BYTES);
    await clock.advance(10);
    await first;
    const later = Promise.all([..."bcdef"].map((item) => batcher.submit(item, { ...BYTES, timeoutMs: 900 })));
    assert.deepEqual(foreseen(), { before: 5, waitMs: 10 + 10, computeMs: 10 });
    await clock.advance(14);
    assert.deepEqual(foreseen(), { before: 3, waitMs: 6 + 0, computeMs: 10 });
    await clock.advance(16);
    await later;
    assert.deepEqual(foreseen(), { before: 0, waitMs: 0, computeMs: 10 });
  });

  it("forgets what is cancelled, without a batch for it", async () => {
    const { clock, batches, batcher } = model();
    const abort = new AbortController();
    const first = batcher.submit("a", BYTES);
    const gone = assert.rejects(batcher.submit("b", { bytes: 1, signal: abort.signal }), { code: "ABORTED" });
    abort.abort(new PetageError("ABORTED", "gone"));
    await gone;
    assert.equal(batcher.queued, 0);
    await clock.advance(30);
    await first;
    assert.deepEqual(batches, [["a"]]);
    await assert.rejects(batcher.submit("c", { bytes: 1, signal: abort.signal }), { code: "ABORTED" });
  });

  it("waits for company as long as it may", async () => {
    const { clock, batches, batcher } = model({ maxDelayMs: 4 });
    const answers = [batcher.submit("a", BYTES)];
    await clock.advance(3);
    answers.push(batcher.submit("b", BYTES));
    await clock.advance(20);
    await Promise.all(answers);
    assert.deepEqual(batches, [["a", "b"]]);
  });

  it("tells how many wait, however they leave the queue", async () => {
    const { clock, waiting, batcher } = model({ maxQueueItems: 3 });
    const abort = new AbortController();
    const items = [
      batcher.submit("computed", BYTES),
      batcher.submit("computed with it", BYTES),
      batcher.submit("cancelled", { ...BYTES, signal: abort.signal }),
      batcher.submit("late", { ...BYTES, timeoutMs: 5 }),
      batcher.submit("refused", BYTES),
    ];
    const settled = Promise.allSettled(items);
    assert.deepEqual(waiting, { now: 3, most: 3 });
    abort.abort();
    await clock.advance(50);
    const outcomes = (await settled).map(({ status }) => status);
    assert.deepEqual(outcomes, ["fulfilled", "fulfilled", "rejected", "rejected", "rejected"]);
    assert.equal(waiting.now, 0);
  });
});
