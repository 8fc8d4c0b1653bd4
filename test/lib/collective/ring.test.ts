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
          const previous = ranks[(rank + shape.size - 1) % shape.size] as RingPlan;
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
        const ranks = plans(shape);
        const progress = ranks.map((plan) => new RingProgress(plan));
        // Each element counts, by rank, how often that rank's summand is in it.
        const held = ranks.map(({ rank }) => Array.from({ length: shape.elementCount }, () => new Map([[rank, 1]])));
        const wires: { slot: Slot; values: Map<number, number>[] }[][] = ranks.map(() => []);
        for (;;) {
          const moves = ranks.flatMap((plan, rank) => {
            const send = (): void => {
              const slot = progress[rank]?.takeSendable();
              if (!slot) return;
              const range = (progress[rank] as RingProgress).rangeSent(slot);
              const values = (held[rank] ?? []).slice(range.start, range.end).map((counts) => new Map(counts));
              wires[(rank + 1) % shape.size]?.push({ slot, values });
            };
            const receive = (): void => {
              const { slot, values } = wires[rank]?.shift() as { slot: Slot; values: Map<number, number>[] };
              const range = progress[rank]?.expected(slot);
              assert.ok(range, `rank ${rank} did not expect chunk ${slot.chunk} of hop ${slot.hop}`);
              for (let i = range.start; i < range.end; i++) {
                const arrived = values[i - range.start] as Map<number, number>;
                const target = held[rank]?.[i] as Map<number, number>;
                if (!isReduceHop(plan, slot.hop)) target.clear();
                for (const [summand, count] of arrived) target.set(summand, (target.get(summand) ?? 0) + count);
              }
              progress[rank]?.received(slot.hop);
            };
            const canReceive = (wires[rank]?.length ?? 0) > 0;
            return [...(progress[rank]?.allSent ? [] : [send]), ...(canReceive ? [receive, receive] : [])];
          });
          if (moves.length === 0) break;
          moves[(choices.next().value as number) % moves.length]?.();
        }
        const all = ranks.map(({ rank }) => [rank, 1]);
        for (const [rank, elements] of held.entries()) {
          assert.ok(progress[rank]?.allSent && progress[rank]?.allReceived);
          for (const counts of elements) assert.deepEqual([...counts].sort(), all);
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
