import assert from "node:assert/strict";
import { DEFAULT_POLICY, hasRoom, next, paddedSize, type Decision, type Waiting } from "#lib/serve/policy.ts";

const IDLE = { busy: false, computeMs: 10 };
const BUSY = { busy: true, computeMs: 10 };
const PATIENT = { ...DEFAULT_POLICY, maxDelayMs: 5 };

function waiting(arrivedMs: number, deadlineMs = Infinity): Waiting {
  return { arrivedMs, deadlineMs, bytes: 100 };
}

function many(count: number): Waiting[] {
  return Array.from({ length: count }, () => waiting(0));
}

describe("next", () => {
  const cases: [string, Waiting[], typeof IDLE, typeof PATIENT, Decision][] = [
    ["waits for ever on an empty queue", [], IDLE, DEFAULT_POLICY, { kind: "wait", untilMs: Infinity }],
    ["dispatches at once to an idle model", [waiting(100)], IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 1 }],
    ["dispatches all that fits", many(5), IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 5 }],
    ["dispatches no more than the largest batch", many(40), IDLE, DEFAULT_POLICY, { kind: "dispatch", count: 16 }],
    ["waits for a busy model", many(40), BUSY, DEFAULT_POLICY, { kind: "wait", untilMs: Infinity }],
    [
      "waits for more as long as the delay allows",
      [waiting(98), waiting(99)],
      IDLE,
      PATIENT,
      { kind: "wait", untilMs: 103 },
    ],
    ["does not wait beyond the delay", [waiting(95)], IDLE, PATIENT, { kind: "dispatch", count: 1 }],
    [
      "does not wait with a full batch",
      Array.from({ length: 16 }, () => waiting(100)),
      IDLE,
      PATIENT,
      { kind: "dispatch", count: 16 },
    ],
    ["rejects what would be late", [waiting(0), waiting(0, 109)], IDLE, DEFAULT_POLICY, { kind: "reject", index: 1 }],
    ["rejects it while the model is busy too", [waiting(0, 110)], BUSY, DEFAULT_POLICY, { kind: "reject", index: 0 }],
    [
      "wakes when a deadline can no longer be met",
      [waiting(0, 200), waiting(0, 150)],
      BUSY,
      DEFAULT_POLICY,
      { kind: "wait", untilMs: 140 },
    ],
  ];
  for (const [what, queue, engine, policy, expected] of cases) {
    it(what, () => assert.deepEqual(next(queue, { nowMs: 100, engine }, policy), expected));
  }
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
