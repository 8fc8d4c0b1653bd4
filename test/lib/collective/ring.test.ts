import assert from "node:assert/strict";
import fc from "fast-check";

import {
  chunkCount,
  chunkRange,
  hopCount,
  isReduceHop,
  RingProgress,
  segmentRange,
  segmentReceived,
  segmentSent,
} from "#lib/collective/ring.ts";
import type { RingPlan, Slot } from "#lib/collective/ring.ts";

const shapes = fc.record({
  size: fc.integer({ min: 1, max: 9 }),
  elementCount: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 200 })),
  chunkElements: fc.integer({ min: 1, max: 40 }),
});

function plans({ size, elementCount, chunkElements }: Omit<RingPlan, "rank">): RingPlan[] {
  return Array.from({ length: size }, (_, rank) => ({ size, rank, elementCount, chunkElements }));
}

/** How often each rank's summand is in an element, by rank. */
type Summands = Map<number, number>;

interface SimulatedRank {
  readonly plan: RingPlan;
  readonly progress: RingProgress;
  readonly elements: Summands[];
  /** What the rank before has sent and this one has not received yet. */
  readonly inbox: { readonly slot: Slot; readonly elements: readonly Summands[] }[];
}

function simulatedRank(plan: RingPlan): SimulatedRank {
  const elements = Array.from({ length: plan.elementCount }, () => new Map([[plan.rank, 1]]));
  return { plan, progress: new RingProgress(plan), elements, inbox: [] };
}

function send(from: SimulatedRank, to: SimulatedRank): void {
  const slot = from.progress.takeSendable();
  if (!slot) return;
  const { start, end } = from.progress.rangeSent(slot);
  to.inbox.push({ slot, elements: from.elements.slice(start, end).map((summands) => new Map(summands)) });
}

function receive({ plan, progress, elements, inbox }: SimulatedRank): void {
  const message = inbox.shift();
  if (!message) return;
  const range = progress.expected(message.slot);
  assert.ok(range, `rank ${plan.rank} did not expect chunk ${message.slot.chunk} of hop ${message.slot.hop}`);
  for (const [offset, arrived] of message.elements.entries()) {
    const target = at(elements, range.start + offset);
    if (!isReduceHop(plan, message.slot.hop)) target.clear();
    for (const [summand, count] of arrived) target.set(summand, (target.get(summand) ?? 0) + count);
  }
  progress.received(message.slot.hop);
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  assert.ok(value !== undefined);
  return value;
}

describe("ring schedule", () => {
  it("cuts the vector into segments, and segments into chunks, without gap or overlap", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const plan = { ...shape, rank: 0 };
        let end = 0;
        for (let segment = 0; segment < plan.size; segment++) {
          assert.equal(segmentRange(plan, segment).start, end);
          for (let chunk = 0; chunk < chunkCount(plan, segment); chunk++) {
            const range = chunkRange(plan, segment, chunk);
            assert.equal(range.start, end);
            assert.ok(range.end > range.start && range.end - range.start <= plan.chunkElements);
            end = range.end;
          }
          assert.equal(segmentRange(plan, segment).end, end);
        }
        assert.equal(end, plan.elementCount);
      }),
    );
  });

  it("lets each rank receive what the one before sends", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const ranks = plans(shape);
        for (const [rank, plan] of ranks.entries()) {
          const previous = at(ranks, (rank + shape.size - 1) % shape.size);
          for (let hop = 0; hop < hopCount(plan); hop++) {
            assert.equal(segmentReceived(plan, hop), segmentSent(previous, hop));
          }
        }
      }),
    );
  });

  it("adds every summand to every element exactly once, whatever order the network takes", () => {
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.nat()), (shape, choices) => {
        const ranks = plans(shape).map(simulatedRank);
        for (;;) {
          const moves = ranks.flatMap((rank, index) => [
            ...(rank.progress.allSent ? [] : [() => send(rank, at(ranks, (index + 1) % shape.size))]),
            ...(rank.inbox.length > 0 ? [() => receive(rank)] : []),
          ]);
          if (moves.length === 0) break;
          at(moves, (choices.next().value as number) % moves.length)();
        }
        const all = new Map(ranks.map(({ plan }) => [plan.rank, 1]));
        for (const { progress, elements } of ranks) {
          assert.ok(progress.allSent && progress.allReceived);
          for (const summands of elements) assert.deepEqual(summands, all);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("expects no chunk twice, none out of order, none beyond its segment and none of an unknown hop", () => {
    const progress = new RingProgress({ size: 2, rank: 0, elementCount: 10, chunkElements: 3 });
    assert.deepEqual(progress.expected({ hop: 0, chunk: 0 }), { start: 5, end: 8 });
    assert.equal(progress.expected({ hop: 0, chunk: 1 }), undefined);
    progress.received(0);
    assert.equal(progress.expected({ hop: 0, chunk: 0 }), undefined);
    progress.received(0);
    assert.equal(progress.expected({ hop: 0, chunk: 2 }), undefined);
    assert.equal(progress.expected({ hop: 7, chunk: 0 }), undefined);
  });

  const misfits: [string, Partial<RingPlan>][] = [
    ["a rank outside the ring", { rank: 2 }],
    ["a negative element count", { elementCount: -1 }],
    ["an empty chunk", { chunkElements: 0 }],
    ["a ring of no ranks", { size: 0 }],
  ];
  for (const [what, misfit] of misfits) {
    it(`refuses ${what}`, () => {
      const plan = { size: 2, rank: 0, elementCount: 10, chunkElements: 3, ...misfit };
      assert.throws(() => new RingProgress(plan), { code: "INTERNAL" });
    });
  }
});
