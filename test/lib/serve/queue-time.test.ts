import assert from "node:assert/strict";
import { QUEUE_WINDOW_MS, QueueTime } from "#lib/serve/queue-time.ts";
import { FakeClock } from "#test/support/fake-clock.ts";

/** A photo that waits so long. */
function waits(queue: QueueTime, clock: FakeClock, durationMs: number): void {
  queue.arrive();
  queue.change(1);
  clock.pass(durationMs);
  queue.change(-1);
}

describe("QueueTime", () => {
  it("is 0 where nothing came", () => {
    const clock = new FakeClock(123_456.5);
    const queue = new QueueTime(clock);
    clock.pass(10 * QUEUE_WINDOW_MS);
    assert.deepEqual([queue.meanMs(), queue.waiting], [0, 0]);
  });

  it("is the mean time that photos waited", () => {
    const clock = new FakeClock(123_456.5);
    const queue = new QueueTime(clock);
    for (const durationMs of [100, 0, 2600, 300]) waits(queue, clock, durationMs);
    assert.equal(queue.meanMs(), 750);
  });

  it("counts photos that wait at the same time each for itself", () => {
    const clock = new FakeClock(123_456.5);
    const queue = new QueueTime(clock);
    queue.arrive();
    queue.arrive();
    queue.change(2);
    assert.equal(queue.waiting, 2);
    clock.pass(500);
    queue.change(-1);
    clock.pass(500);
    queue.change(-1);
    assert.equal(queue.meanMs(), 750);
  });

  it("rises while nothing gets through, and none leaves", () => {
    const clock = new FakeClock(123_456.5);
    const queue = new QueueTime(clock);
    queue.arrive();
    queue.change(1);
    const seen = [1000, 5000, 20_000].map((durationMs) => (clock.pass(durationMs), queue.meanMs()));
    assert.deepEqual(seen, [1000, 6000, 26_000]);
    clock.pass(10 * QUEUE_WINDOW_MS);
    assert.ok(queue.meanMs() >= QUEUE_WINDOW_MS - 1000, "an endless wait is at least the whole window");
  });

  it("forgets what is longer ago than the window", () => {
    const clock = new FakeClock(123_456.5);
    const queue = new QueueTime(clock);
    waits(queue, clock, 4000);
    clock.pass(QUEUE_WINDOW_MS / 2);
    waits(queue, clock, 0);
    assert.equal(queue.meanMs(), 2000);
    clock.pass(QUEUE_WINDOW_MS / 2);
    assert.equal(queue.meanMs(), 0);
  });
});
