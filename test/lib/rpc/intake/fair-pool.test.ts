import assert from "node:assert/strict";
import { FairPool, type Holder } from "#lib/rpc/intake/fair-pool.ts";

class Call implements Holder {
  readonly owner: string;
  readonly quietSinceMs: number | undefined;
  isEnded = false;

  constructor(owner: string, quietSinceMs?: number) {
    this.owner = owner;
    this.quietSinceMs = quietSinceMs;
  }

  giveWay(): void {
    this.isEnded = true;
  }
}

describe("a fair pool", () => {
  it("is full for whoever has as much as the others, and takes what is given back", () => {
    const pool = new FairPool<Call>(3);
    const calls = [new Call("a", 1), new Call("a", 2), new Call("a", 3)];
    for (const call of calls) assert.equal(pool.take(call), true);
    assert.equal(pool.take(new Call("a", 4)), false);
    assert.ok(calls.every(({ isEnded }) => !isEnded));
    pool.give(calls[0] as Call);
    pool.give(calls[0] as Call);
    assert.equal(pool.total, 2);
    assert.equal(pool.take(new Call("a", 4)), true);
  });

  it("has those that have waited longest, of whoever has most, give way to whoever has less", () => {
    const pool = new FairPool<Call>(5);
    const [small, busy] = [new Call("small", 0), new Call("big")];
    const [later, sooner, last] = [new Call("big", 30), new Call("big", 10), new Call("big", 50)];
    for (const call of [small, busy, later, sooner, last]) pool.take(call);
    const newcomers = ["x", "y", "z"].map((owner) => new Call(owner));
    assert.deepEqual(
      newcomers.map((call) => pool.take(call)),
      [true, true, true],
    );
    assert.deepEqual(
      [small, busy, later, sooner, last].map(({ isEnded }) => isEnded),
      [false, false, true, true, true],
    );
  });

  it("never ends what the server is at work for", () => {
    const pool = new FairPool<Call>(2);
    const calls = [new Call("a"), new Call("a")];
    for (const call of calls) pool.take(call);
    assert.equal(pool.take(new Call("b")), false);
    assert.ok(calls.every(({ isEnded }) => !isEnded));
  });

  it("lets a connection take no more than others would have left of it", () => {
    const pool = new FairPool<Call>(100);
    const [one, other] = [new Call("a", 0), new Call("b", 0)];
    assert.equal(pool.take(one, 60), true);
    assert.equal(pool.take(other, 30), true);
    assert.equal(pool.take(other, 40), false, "the other would have more than the first then");
    assert.equal(pool.isGreedy("a"), true);
    assert.equal(pool.isGreedy("b"), false);
    assert.equal(pool.take(new Call("c"), 20), true);
    assert.equal(one.isEnded, true);
    assert.equal(pool.total, 50);
  });
});
