import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_POLICY, forecast, hasRoom, next, paddedSize, placeOf } from "#lib/serve/policy.ts";
import type { Decision, EngineState, Waiting } from "#lib/serve/policy.ts";

/** It takes 10 ms for each photo of a batch, however many are in it. */
const computeMs = (size: number): number => 10 * size;
const IDLE: EngineState = { parallelism: 1, endsMs: [], computeMs };
const BUSY: EngineState = { ...IDLE, endsMs: [105] };
const OVERDUE: EngineState = { ...IDLE, endsMs: [90] };
const PATIENT = { ...DEFAULT_POLICY, maxDelayMs: 5 };

function waiting(arrivedMs: number, deadlineMs = Infinity): Waiting {
  return { arrivedMs, deadlineMs, bytes: 100 };
}

function many(count: number, deadlineMs = Infinity): Waiting[] {
  return Array.from({ length: count }, () => waiting(0, deadlineMs));
}

describe("next", () => {
  const cases: [string, Waiting[], EngineState, typeof PATIENT, Decision][] = [
    ["waits for ever on an empty queue", [], IDLE, DEFAULT_POLICY, { kind: "wait", untilMs: Infinity }],
    ["dispatches at once to an idle model", [waiting(100)], IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 1 }],
    ["dispatches all that fits", many(8), IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 8 }],
    ["dispatches no more than the largest batch", many(40), IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 16 }],
    ["pads no batch where that costs more", many(12), IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 8 }],
    [
      "pads a batch that costs the same",
      many(12),
      { ...IDLE, computeMs: () => 10 },
      DEFAULT_POLICY,
      { kind: "dispatch", count: 12 },
    ],
    ["waits for a busy model", many(40), BUSY, DEFAULT_POLICY, { kind: "wait", untilMs: Infinity }],
    ["waits for the batch that is overdue", many(40), OVERDUE, DEFAULT_POLICY, { kind: "wait", untilMs: Infinity }],
    [
      "gives work to one of two that is free",
      many(2),
      { ...BUSY, parallelism: 2 },
      PATIENT,
      { kind: "dispatch", count: 2 },
    ],
    [
      "waits for more as long as the delay allows",
      [waiting(99), waiting(98)],
      IDLE,
      PATIENT,
      { kind: "wait", untilMs: 103 },
    ],
    ["does not wait beyond the delay", [waiting(95)], IDLE, PATIENT, { kind: "dispatch", count: 1 }],
    ["does not wait beyond the latest start", [waiting(99, 112)], IDLE, PATIENT, { kind: "wait", untilMs: 102 }],
    [
      "does not wait with a full batch",
      Array.from({ length: 16 }, () => waiting(100)),
      IDLE,
      PATIENT,
      { kind: "dispatch", count: 16 },
    ],
    [
      "computes no more together than the most urgent has time for",
      [waiting(0, 150), ...many(15)],
      IDLE,
      DEFAULT_POLICY,
      { kind: "dispatch", count: 4 },
    ],
    ["rejects what would be late", [waiting(0, 109), waiting(0)], IDLE, DEFAULT_POLICY, { kind: "reject" }],
    ["tries the last one all the same", [waiting(0, 109)], IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 1 }],
    ["rejects what is late", [waiting(0, 100)], IDLE, DEFAULT_POLICY, { kind: "reject" }],
    ["rejects behind a batch what would be late after it", [waiting(0, 114)], BUSY, DEFAULT_POLICY, { kind: "reject" }],
    [
      "wakes when a deadline can no longer be met",
      [waiting(0, 150), waiting(0, 200)],
      BUSY,
      DEFAULT_POLICY,
      { kind: "wait", untilMs: 140 },
    ],
  ];
  for (const [what, queue, engine, policy, expected] of cases) {
    it(what, () => assert.deepEqual(next(queue, { nowMs: 100, engine }, policy), expected));
  }
});

describe("placeOf", () => {
  it("keeps the earliest deadline first, and of the same the first to arrive", () => {
    const deadlines = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(Infinity)));
    fc.assert(
      fc.property(deadlines, (all) => {
        const queue: Waiting[] = [];
        for (const [arrivedMs, deadlineMs] of all.entries()) {
          queue.splice(placeOf(deadlineMs, queue), 0, waiting(arrivedMs, deadlineMs));
        }
        const byArrival = queue.toSorted((a, b) => a.arrivedMs - b.arrivedMs);
        const expected = byArrival.toSorted((a, b) => Math.sign(a.deadlineMs - b.deadlineMs) || 0); // NaN of two Infinity
        assert.deepEqual(queue, expected);
      }),
    );
  });
});

describe("forecast", () => {
  const cases: [string, { deadlineMs: number; ahead: number }, Waiting[], EngineState, [number, number]][] = [
    ["nothing to wait for on an idle model", { deadlineMs: 500, ahead: 0 }, [], IDLE, [0, 10]],
    ["the rest of the batch that is computed", { deadlineMs: 500, ahead: 0 }, [], BUSY, [5, 10]],
    ["none of a batch that is overdue", { deadlineMs: 500, ahead: 0 }, [], OVERDUE, [0, 10]],
    ["a place in the batch of those before", { deadlineMs: 500, ahead: 0 }, many(3, 400), IDLE, [0, 40]],
    ["those that are still decoded", { deadlineMs: 500, ahead: 2 }, many(1, 400), IDLE, [0, 40]],
    ["a place before those that wait longer", { deadlineMs: 500, ahead: 0 }, many(40, 600), IDLE, [0, 10]],
    ["whole batches before it", { deadlineMs: 500, ahead: 0 }, many(33, 400), BUSY, [5 + 2 * 160, 160]],
    ["two that work at a time", { deadlineMs: 500, ahead: 0 }, many(33, 400), { ...IDLE, parallelism: 2 }, [160, 160]],
  ];
  for (const [what, item, queue, engine, expected] of cases) {
    it(`foresees ${what}`, () => {
      const foreseen = forecast(item, queue, { nowMs: 100, engine, policy: DEFAULT_POLICY });
      assert.deepEqual([foreseen.waitMs, foreseen.computeMs], expected);
    });
  }

  it("counts who is before it: those that wait, and what is being computed", () => {
    const decoders = { ...IDLE, parallelism: 2, endsMs: [101, 102] };
    const foreseen = forecast({ deadlineMs: 500, ahead: 0 }, many(3, 400), {
      nowMs: 100,
      engine: decoders,
      policy: { ...DEFAULT_POLICY, batchSizes: [1] },
    });
    assert.deepEqual(foreseen, { before: 5, waitMs: 1 + 10, computeMs: 10 });
  });
});

describe("hasRoom", () => {
  const policy = { ...DEFAULT_POLICY, maxQueueItems: 3, maxQueueBytes: 250 };
  for (const [items, bytes, room] of [
    [0, 250, true],
    [0, 251, false],
    [1, 150, true],
    [2, 51, false],
    [3, 0, false],
  ] as const) {
    it(`is ${room} for ${bytes} bytes behind ${items} items`, () =>
      assert.equal(hasRoom(many(items), bytes, policy), room));
  }
});

describe("paddedSize", () => {
  it("is the next size that the model is warm for", () => {
    const sizes = [1, 2, 3, 4, 5, 8, 9, 16].map((count) => paddedSize(count, DEFAULT_POLICY.batchSizes));
    assert.deepEqual(sizes, [1, 2, 4, 4, 8, 8, 16, 16]);
  });
});
