import assert from "node:assert/strict";
import { remote } from "#lib/host/thread/remote.ts";
import type { Remote } from "#lib/host/thread/remote.ts";
import type { Counter } from "./fixtures/counter-entry.ts";

const ENTRY = new URL("./fixtures/counter-entry.ts", import.meta.url);

interface Opened {
  readonly counter: Remote<Counter>;
  /** The last value that the generator made, and whether it has ended. */
  readonly log: Int32Array;
}

function open(start = 0): Opened {
  const log = new Int32Array(new SharedArrayBuffer(8));
  return { counter: remote<Counter>("counter", ENTRY, { setup: { start, log }, iterated: ["upTo"] }), log };
}

describe("remote", () => {
  it("calls the methods of an object in another thread, which keeps its state", async () => {
    const { counter } = open(5);
    await using _thread = counter;
    assert.equal(await counter.add(2), 7);
    assert.deepEqual(await Promise.all([counter.later(1), counter.add(1)]), [8, 9]);
  });

  it("rejects with the method's own error, and goes on", async () => {
    const { counter } = open();
    await using _thread = counter;
    await assert.rejects(counter.add(NaN), { code: "INVALID_ARGUMENT", message: "amount is NaN" });
    assert.equal(await counter.add(1), 1);
  });

  it("throws at each call what its construction threw", async () => {
    const { counter } = open(-1);
    await using _thread = counter;
    await assert.rejects(counter.add(1), { code: "INVALID_ARGUMENT", message: "start is negative" });
    await assert.rejects(counter.add(1), { message: "start is negative" });
  });

  it("iterates over what a generator yields", async () => {
    const { counter, log } = open(1);
    await using _thread = counter;
    const seen: number[] = [];
    for await (const value of counter.upTo(4)) seen.push(value);
    assert.deepEqual([seen, log[1]], [[1, 2, 3], 1]);
  });

  it("is one step ahead of its reader, and no more; ends the generator when the reader leaves", async () => {
    const { counter, log } = open();
    await using _thread = counter;
    for await (const value of counter.upTo(100)) {
      await counter.add(0); // answered after the step ahead was made
      assert.equal(log[0], value + 1);
      if (value === 2) break;
    }
    assert.deepEqual([...log], [3, 1]);
  });

  it("passes on what a generator throws, at the value where it does", async () => {
    const { counter } = open(11);
    await using _thread = counter;
    const seen: number[] = [];
    const reading = (async () => {
      for await (const value of counter.upTo(20)) seen.push(value);
    })();
    await assert.rejects(reading, { code: "NOT_FINITE" });
    assert.deepEqual(seen, [11, 12]);
    assert.equal(await counter.add(1), 12);
  });

  it("rejects calls and iterations when the thread is gone", async () => {
    const { counter } = open();
    await counter.add(1);
    await counter[Symbol.asyncDispose]();
    await assert.rejects(counter.add(1), { code: "PROCESS_FAILED" });
    await assert.rejects(counter.upTo(3)[Symbol.asyncIterator]().next(), { code: "PROCESS_FAILED" });
  });
});
