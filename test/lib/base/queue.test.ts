import assert from "node:assert/strict";

import { PetageError } from "#lib/base/errors.ts";
import { BoundedQueue } from "#lib/base/queue.ts";

async function taken<T>(queue: BoundedQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe("a bounded queue", () => {
  it("gives what was put in, in that order, and then ends", async () => {
    const queue = new BoundedQueue<number>(3);
    for (const item of [1, 2, 3]) assert.equal(await queue.push(item), true);
    queue.end();
    assert.deepEqual(await taken(queue), [1, 2, 3]);
  });

  it("lets a push wait while it is full, and an offer not", async () => {
    const queue = new BoundedQueue<number>(1);
    assert.equal(queue.offer(1), true);
    assert.equal(queue.offer(2), false);
    const waiting = queue.push(3);
    assert.equal(queue.length, 1);
    const taking = taken(queue);
    assert.equal(await waiting, true);
    queue.end();
    assert.deepEqual(await taking, [1, 3]);
    assert.equal(queue.dropped, 1);
  });

  it("throws the error that it was ended with, after what is inside", async () => {
    const queue = new BoundedQueue<number>(2);
    await queue.push(1);
    queue.end(new PetageError("NATS_UNAVAILABLE", "Lost NATS"));
    const items: number[] = [];
    const reading = (async () => {
      for await (const item of queue) items.push(item);
    })();
    await assert.rejects(reading, { code: "NATS_UNAVAILABLE" });
    assert.deepEqual(items, [1]);
  });

  const ends: [string, (queue: BoundedQueue<number>) => void | Promise<void>][] = [
    ["was ended", (queue) => queue.end()],
    ["was ended by an error", (queue) => queue.end(new PetageError("RING_PROTOCOL", "junk"))],
    [
      "is read no more",
      async (queue) => {
        await queue.push(0);
        for await (const _ of queue) break;
      },
    ],
  ];
  for (const [what, end] of ends) {
    it(`ignores and counts what comes once it ${what}`, async () => {
      const queue = new BoundedQueue<number>(2);
      await end(queue);
      assert.equal(await queue.push(1), false);
      assert.equal(queue.offer(2), false);
      assert.deepEqual([queue.length, queue.dropped], [0, 2]);
    });
  }

  it("ignores and counts a push that still waits when it ends", async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1);
    const waiting = [queue.push(2), queue.push(3)];
    queue.end();
    assert.deepEqual(await Promise.all(waiting), [false, false]);
    assert.deepEqual(await taken(queue), [1]);
    assert.equal(queue.dropped, 2);
  });

  it("ends the wait of a push by its signal", async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1);
    const stop = new AbortController();
    const waiting = queue.push(2, stop.signal);
    stop.abort(new PetageError("ABORTED", "enough"));
    await assert.rejects(waiting, { code: "ABORTED", message: "enough" });
    assert.equal(queue.length, 1);
  });

  it("gives room to the next push when the one before gave up", async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1);
    const stop = new AbortController();
    const waiting = [queue.push(2, stop.signal), queue.push(3)];
    stop.abort(new PetageError("ABORTED", "enough"));
    const taking = taken(queue);
    await assert.rejects(waiting[0] ?? assert.fail(), { code: "ABORTED" });
    assert.equal(await waiting[1], true);
    queue.end();
    assert.deepEqual(await taking, [1, 3]);
  });
});
