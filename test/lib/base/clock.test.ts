import assert from "node:assert/strict";
import fc from "fast-check";
import { every, MAX_SLEWED_MS, steadyClock } from "#lib/base/clock.ts";
import { FakeClock } from "#test/support/fake-clock.ts";

const HOUR_MS = 3_600_000;
const NOON = Date.parse("2026-06-01T12:00:00Z");

/** A machine whose clock can be set. */
function machine() {
  let [passed, setBy] = [0, 0];
  const clock = steadyClock({ date: () => new Date(NOON + passed + setBy), nowMs: () => 5 + passed });
  return {
    clock,
    pass: (spanMs: number): void => void (passed += spanMs),
    set: (byMs: number): void => void (setBy += byMs),
    /** How wrong the clock is. */
    offMs: (): number => clock() - (NOON + passed + setBy),
  };
}

describe("a steady clock", () => {
  it("shows the system's time", () => {
    const { clock, pass } = machine();
    assert.equal(clock(), NOON);
    pass(1500);
    assert.equal(clock(), NOON + 1500);
  });

  for (const jumpMs of [HOUR_MS, -HOUR_MS]) {
    it(`does not jump with it, and is right again in time: ${jumpMs} ms`, () => {
      const { clock, pass, set, offMs } = machine();
      set(jumpMs);
      assert.equal(clock(), NOON);
      pass(1000);
      assert.equal(clock(), NOON + 1000 + Math.sign(jumpMs) * 100);
      pass(10 * HOUR_MS);
      assert.equal(offMs(), 0);
    });
  }

  it("is set at once where it was never right", () => {
    const { pass, set, offMs } = machine();
    set(MAX_SLEWED_MS + 1);
    pass(1);
    assert.equal(offMs(), 0);
  });

  it("goes on evenly, whatever the system's does within a day", () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: -HOUR_MS, max: HOUR_MS }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { clock, pass, set } = machine();
        for (const [elapsedMs, jumpMs] of steps) {
          const before = clock();
          set(jumpMs);
          pass(elapsedMs);
          const went = clock() - before;
          assert.ok(went >= elapsedMs * 0.9 - 1 && went <= elapsedMs * 1.1 + 1, `${went} of ${elapsedMs} ms`);
        }
      }),
    );
  });
});

describe("every", () => {
  it("calls back again and again, until it is disposed", () => {
    const clock = new FakeClock();
    const seen: number[] = [];
    const beats = every(clock, 10, () => void seen.push(clock.nowMs()));
    clock.pass(35);
    beats[Symbol.dispose]();
    clock.pass(100);
    assert.deepEqual(seen, [10, 20, 30]);
    assert.equal(clock.waiting, 0);
  });

  it("can be disposed by what it calls", () => {
    const clock = new FakeClock();
    let count = 0;
    const beats = every(clock, 10, () => {
      count++;
      beats[Symbol.dispose]();
    });
    clock.pass(100);
    assert.deepEqual([count, clock.waiting], [1, 0]);
  });
});
