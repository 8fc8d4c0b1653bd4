import assert from "node:assert/strict";

import { Peers } from "#lib/collective/peers.ts";

const limits = { silenceMs: 3000, joinMs: 10_000, returnMs: 6000, intervalMs: 1000 };

/** Asks every second from 0 to `endMs`, with the given ranks beating; returns who was lost when. */
function watch(peers: Peers, { endMs, beating }: { endMs: number; beating: (nowMs: number) => number[] }): string[] {
  const seen: string[] = [];
  for (let nowMs = 0; nowMs <= endMs; nowMs += 1000) {
    for (const rank of beating(nowMs)) peers.heard(rank, 0, nowMs);
    const lost = peers.lost(nowMs);
    if (lost) seen.push(`${lost.rank}@${nowMs}`);
  }
  return seen;
}

describe("Peers", () => {
  it("loses a peer once it has been silent for longer than the limit", () => {
    const peers = new Peers({ rank: 0, size: 3 }, limits, 0);
    const seen = watch(peers, { endMs: 8000, beating: (nowMs) => (nowMs <= 3000 ? [1, 2] : [2]) });
    assert.deepEqual(seen, ["1@7000", "1@8000"]);
  });

  it("gives a peer that has not joined yet longer", () => {
    const peers = new Peers({ rank: 0, size: 2 }, limits, 0);
    assert.deepEqual(watch(peers, { endMs: 11_000, beating: () => [] }), ["1@11000"]);
  });

  it("does not lose a peer that left in good order", () => {
    const peers = new Peers({ rank: 0, size: 2 }, limits, 0);
    peers.heard(1, 0, 0);
    peers.left(1);
    assert.deepEqual(watch(peers, { endMs: 20_000, beating: () => [] }), []);
    assert.deepEqual(peers.gone, [1]);
  });

  it("does not blame peers for the time in which this process stood still", () => {
    const peers = new Peers({ rank: 0, size: 2 }, limits, 0);
    peers.heard(1, 0, 0);
    assert.equal(peers.lost(1000), undefined);
    assert.equal(peers.lost(61_000), undefined, "a minute's pause");
    assert.equal(peers.lost(62_000), undefined);
    assert.deepEqual(peers.lost(64_000)?.rank, 1);
  });

  it("gives peers time to return after an outage of what carries their heartbeats", () => {
    const peers = new Peers({ rank: 0, size: 3 }, limits, 0);
    for (const rank of [1, 2]) peers.heard(rank, 0, 0);
    peers.returning(100_000);
    const seen: string[] = [];
    for (let nowMs = 101_000; nowMs <= 107_000; nowMs += 1000) {
      if (nowMs === 105_000) peers.heard(2, 0, nowMs);
      const lost = peers.lost(nowMs);
      if (lost) seen.push(`${lost.rank}@${nowMs}`);
    }
    assert.deepEqual(seen, ["1@107000"]);
  });

  it("names of several the one that has been silent longest", () => {
    const peers = new Peers({ rank: 1, size: 3 }, limits, 0);
    const seen = watch(peers, {
      endMs: 6000,
      beating: (nowMs) => [...(nowMs < 2 ? [2] : []), ...(nowMs < 1001 ? [0] : [])],
    });
    assert.deepEqual(seen, ["2@4000", "2@5000", "2@6000"]);
  });

  it("knows who is behind", () => {
    const peers = new Peers({ rank: 0, size: 3 }, limits, 0);
    peers.heard(1, 7, 0);
    peers.heard(2, 6, 0);
    assert.deepEqual(peers.behind(7), [2]);
  });
});
