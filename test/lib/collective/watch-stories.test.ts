import assert from "node:assert/strict";
import fc from "fast-check";
import type { Clock } from "#lib/base/clock.ts";
import { silentLog } from "#lib/base/log.ts";
import type { Notice } from "#lib/collective/types.ts";
import { Watch } from "#lib/collective/watch.ts";
import { FakeClock } from "#test/support/fake-clock.ts";

// Ranks that only watch each other, in a world whose time, losses and pauses a random story decides.

const LIMITS = { silenceMs: 3_000, joinMs: 20_000, returnMs: 5_000, intervalMs: 600 };
const OUTAGE_MS = 120_000;
/** A rank reaches the broker this long after it is back, at most: soon enough for what others wait, and two intervals. */
const LONGEST_WAY_BACK_MS = 3_500;
const STALL_MS = 30_000;
/** A notice takes at most this long. */
const LONGEST_DELAY_MS = 300;
/** Heartbeats of one rank to another that may be lost in a row: three intervals, delay and pause are below the limit. */
const MOST_LOST = 2;
/** A process that stands still for no longer is not taken for dead by its peers. */
const SHORT_PAUSE_MS = 500;
/** By then whoever is dead has been noticed: by a rank that was never joined by it, too. */
const NOTICED_MS = LIMITS.joinMs + LIMITS.silenceMs + 4 * LIMITS.intervalMs;

interface Rank {
  readonly rank: number;
  watch: Watch | undefined;
  state: "waiting" | "running" | "dead" | "left" | "failed";
  /** While it stands still: what it will do when it goes on. */
  paused: (() => void)[] | undefined;
  /** Whether it has stood still for so long that its peers may blame it. */
  stoodStill: boolean;
  readonly blamed: { readonly rank: number; readonly message: string }[];
  /** It reaches no broker before this moment. */
  backMs: number;
  /** Why it was cut off, once it was. */
  cutOff: string | undefined;
}

class World {
  readonly clock = new FakeClock();
  readonly ranks: readonly Rank[];
  /** Everybody who was blamed, in the order in which it happened, and whether that was right. */
  readonly blames: { readonly rank: number; readonly isRight: boolean }[] = [];
  readonly #delays: Iterator<number>;
  /** By sender and receiver: how many of the next heartbeats are to be lost, and how many in a row were. */
  readonly #losses = new Map<string, { wanted: number; inRow: number }>();

  constructor(size: number, delays: Iterable<number> = [0]) {
    this.ranks = Array.from({ length: size }, (_, rank) => ({
      rank,
      watch: undefined,
      state: "waiting",
      paused: undefined,
      stoodStill: false,
      blamed: [],
      backMs: 0,
      cutOff: undefined,
    }));
    this.#delays = repeated([...delays]);
  }

  start(one: Rank): void {
    if (one.state !== "waiting") return;
    one.state = "running";
    one.watch = new Watch({
      rank: one.rank,
      size: this.ranks.length,
      limits: LIMITS,
      stallMs: STALL_MS,
      clock: this.#clockOf(one),
      log: silentLog,
      tell: (notice) => this.#send(one, notice),
      lose: (rank, message) => this.#lose(one, rank, message),
      carrier: "NATS",
      outageMs: OUTAGE_MS,
      cutOff: (message) => {
        one.cutOff = message;
        one.state = "failed";
        one.watch?.[Symbol.dispose]();
      },
    });
  }

  end(one: Rank, state: "dead" | "left"): void {
    if (one.state !== "running" || one.paused) return;
    if (state === "left") this.#send(one, { kind: "leaving", rank: one.rank });
    one.state = state;
    one.watch?.[Symbol.dispose]();
  }

  pause(one: Rank, spanMs: number): void {
    if (one.state !== "running" || one.paused) return;
    one.paused = [];
    one.stoodStill ||= spanMs > SHORT_PAUSE_MS;
    this.clock.after(spanMs, () => {
      const missed = one.paused ?? [];
      one.paused = undefined;
      for (const act of missed) act();
    });
  }

  /** The broker is away for a while: what is told is lost. Each rank finds it again in its own time. */
  outage(spanMs: number, waysBackMs: readonly number[]): void {
    for (const [index, one] of this.ranks.entries()) {
      one.backMs = Math.max(one.backMs, this.clock.nowMs() + spanMs + (waysBackMs[index] ?? 0));
    }
  }

  /** The next heartbeat of `from` to `to` does not arrive, unless too many before it did not. */
  loseNext(from: number, to: number): void {
    this.#lossesOf(from, to).wanted++;
  }

  /** Time goes on for a process that runs; one that stands still is called when it goes on. */
  #clockOf(one: Rank): Clock {
    return {
      date: () => this.clock.date(),
      nowMs: () => this.clock.nowMs(),
      after: (delayMs, callback) => {
        let isOff = false;
        const timer = this.clock.after(delayMs, () => this.#whenRunning(one, () => void (isOff || callback())));
        return {
          [Symbol.dispose]() {
            isOff = true;
            timer[Symbol.dispose]();
          },
        };
      },
    };
  }

  #whenRunning(one: Rank, act: () => void): void {
    if (one.paused) one.paused.push(act);
    else act();
  }

  #send(from: Rank, notice: Notice): void {
    const reaches = ({ backMs }: Rank): boolean => this.clock.nowMs() >= backMs;
    if (!reaches(from)) return;
    for (const to of this.ranks.filter(reaches)) {
      if (to === from ? notice.kind !== "alive" : notice.kind === "alive" && this.#isLost(from, to)) continue;
      this.clock.after(this.#delays.next().value as number, () => reaches(to) && this.#deliver(to, notice));
    }
  }

  #lossesOf(from: number, to: number): { wanted: number; inRow: number } {
    const losses = this.#losses.get(`${from}-${to}`) ?? { wanted: 0, inRow: 0 };
    this.#losses.set(`${from}-${to}`, losses);
    return losses;
  }

  #isLost(from: Rank, to: Rank): boolean {
    const losses = this.#lossesOf(from.rank, to.rank);
    const isLost = losses.wanted > 0 && losses.inRow < MOST_LOST;
    losses.wanted -= isLost ? 1 : 0;
    losses.inRow = isLost ? losses.inRow + 1 : 0;
    return isLost;
  }

  #deliver(to: Rank, notice: Notice): void {
    this.#whenRunning(to, () => {
      if (to.state === "running") to.watch?.heed(notice);
    });
  }

  #lose(one: Rank, rank: number, message: string): void {
    if (one.state !== "running") return;
    const { state = "waiting", stoodStill = false } = this.ranks[rank] ?? {};
    this.blames.push({ rank, isRight: stoodStill || state !== "running" });
    one.blamed.push({ rank, message });
    one.state = "failed";
    one.watch?.[Symbol.dispose]();
    this.#send(one, { kind: "failed", rank: one.rank, reason: message, lost: rank });
  }
}

function* repeated(values: readonly number[]): Generator<number> {
  for (;;) yield* values;
}

type Event =
  | { readonly kind: "start" | "die" | "leave"; readonly pick: number }
  | { readonly kind: "pause"; readonly pick: number; readonly spanMs: number }
  | { readonly kind: "lose"; readonly from: number; readonly to: number }
  | { readonly kind: "pass"; readonly spanMs: number };

const pick = fc.nat(20);
const passes = fc.record({ kind: fc.constant("pass" as const), spanMs: fc.nat(2_000) });
const loses = fc.record({ kind: fc.constant("lose" as const), from: fc.nat(3), to: fc.nat(3) });
const pauses = (longestMs: number) =>
  fc.record({ kind: fc.constant("pause" as const), pick, spanMs: fc.integer({ min: 1, max: longestMs }) });
const ends = fc.record({ kind: fc.constantFrom("die" as const, "leave" as const), pick });
const starts = fc.record({ kind: fc.constant("start" as const), pick });

const delays = fc.array(fc.nat(LONGEST_DELAY_MS), { minLength: 1, maxLength: 8 });
const size = fc.integer({ min: 2, max: 4 });

function happen(world: World, event: Event): void {
  if (event.kind === "pass") return world.clock.pass(event.spanMs);
  if (event.kind === "lose") return world.loseNext(event.from, event.to);
  const one = world.ranks[event.pick % world.ranks.length] as Rank;
  if (event.kind === "start") world.start(one);
  else if (event.kind === "pause") world.pause(one, event.spanMs);
  else world.end(one, event.kind === "die" ? "dead" : "left");
}

const running = (world: World): Rank[] => world.ranks.filter(({ state }) => state === "running");

describe("Watch, in any story", () => {
  it("blames nobody who lives or has left: late starts, lost heartbeats, delays and short pauses are no deaths", () => {
    const leaves = fc.record({ kind: fc.constant("leave" as const), pick });
    const event = fc.oneof(
      { weight: 8, arbitrary: passes },
      { weight: 4, arbitrary: loses },
      { weight: 2, arbitrary: pauses(SHORT_PAUSE_MS) },
      leaves,
    );
    const stories = fc.record({ size, delays, before: fc.array(starts), events: fc.array(event, { maxLength: 60 }) });
    fc.assert(
      fc.property(stories, ({ size: count, delays: taken, before, events }) => {
        const world = new World(count, taken);
        for (const begin of before) {
          happen(world, begin);
          world.clock.pass(100);
        }
        for (const one of world.ranks) world.start(one);
        for (const told of events) happen(world, told);
        world.clock.pass(NOTICED_MS);
        assert.deepEqual(world.blames, []);
      }),
      { numRuns: 300 },
    );
  });

  it("blames first who is not there, or stood still; and nobody waits for ever for one who is dead", () => {
    const event: fc.Arbitrary<Event> = fc.oneof(
      { weight: 6, arbitrary: passes },
      { weight: 2, arbitrary: loses },
      { weight: 2, arbitrary: starts },
      pauses(3 * LIMITS.silenceMs),
      ends,
    );
    const stories = fc.record({ size, delays, events: fc.array(event, { maxLength: 60 }) });
    fc.assert(
      fc.property(stories, ({ size: count, delays: taken, events }) => {
        const world = new World(count, taken);
        world.start(world.ranks[0] as Rank);
        for (const told of events) happen(world, told);
        world.clock.pass(NOTICED_MS + 3 * LIMITS.silenceMs); // the last pause ends, too
        assert.ok(
          world.blames.every(({ isRight }) => isRight),
          JSON.stringify(world.blames),
        );
        const isDead = world.ranks.some(({ state }) => state === "dead" || state === "waiting" || state === "failed");
        if (isDead) assert.deepEqual(running(world), [], "who lives has noticed");
      }),
      { numRuns: 500 },
    );
  });

  const ways = fc.array(fc.nat(LONGEST_WAY_BACK_MS), { minLength: 4, maxLength: 4 });
  /** Long enough for every rank to notice; what only one rank sees is taken for its end, like any other silence. */
  const spans = fc.integer({ min: 5 * LIMITS.intervalMs, max: OUTAGE_MS - 10_000 });
  const outages = fc.array(fc.record({ spanMs: spans, ways, afterMs: fc.nat(20_000) }), {
    minLength: 1,
    maxLength: 4,
  });

  it("blames nobody for outages of the broker, however each finds it again, nor counts them in a call", () => {
    const stories = fc.record({ size, delays, outages, calls: fc.boolean() });
    fc.assert(
      fc.property(stories, ({ size: count, delays: taken, outages: given, calls }) => {
        const world = new World(count, taken);
        for (const one of world.ranks) world.start(one);
        for (const { spanMs, ways: waysBackMs, afterMs } of given) {
          world.clock.pass(afterMs);
          for (const { watch } of world.ranks) if (calls) watch?.begin("all-reduce of step 7");
          world.outage(spanMs, waysBackMs);
          world.clock.pass(spanMs + LONGEST_WAY_BACK_MS + LIMITS.returnMs);
          for (const { watch } of world.ranks) watch?.end();
        }
        assert.deepEqual(world.blames, []);
        assert.equal(running(world).length, count);
      }),
    );
  });

  it("notices after an outage who has died in it, and in one that does not end that it does not", () => {
    const stories = fc.record({ size, delays, spanMs: fc.integer({ min: 5_000, max: 2 * OUTAGE_MS }), ways });
    fc.assert(
      fc.property(stories, ({ size: count, delays: taken, spanMs, ways: waysBackMs }) => {
        const world = new World(count, taken);
        for (const one of world.ranks) world.start(one);
        world.clock.pass(5_000);
        world.outage(spanMs, waysBackMs);
        world.clock.pass(1_000);
        world.end(world.ranks[1] as Rank, "dead");
        world.clock.pass(spanMs + LONGEST_WAY_BACK_MS + LIMITS.returnMs + 4 * LIMITS.intervalMs);
        assert.deepEqual(running(world), []);
        assert.ok(world.blames.every(({ rank }) => rank === 1));
        const cutOff = world.ranks.filter((one) => one.cutOff !== undefined);
        if (spanMs < OUTAGE_MS - LONGEST_WAY_BACK_MS - 2 * LIMITS.intervalMs) assert.deepEqual(cutOff, []);
        if (spanMs > OUTAGE_MS + 2 * LIMITS.intervalMs) assert.equal(cutOff.length, count - 1);
        for (const one of cutOff)
          assert.match(one.cutOff ?? "", /^Lost NATS: it has carried no message for 12\d\.\d s/);
      }),
    );
  });

  it("notices within silence and two intervals that a rank is dead which it had heard", () => {
    const stories = fc.record({ size, delays, aliveMs: fc.nat(10_000), lost: fc.array(loses, { maxLength: 4 }) });
    fc.assert(
      fc.property(stories, ({ size: count, delays: taken, aliveMs, lost }) => {
        const world = new World(count, taken);
        for (const one of world.ranks) world.start(one);
        world.clock.pass(LIMITS.intervalMs + aliveMs);
        for (const loss of lost) happen(world, loss);
        world.end(world.ranks[1] as Rank, "dead");
        world.clock.pass(LIMITS.silenceMs + 2 * LIMITS.intervalMs + LONGEST_DELAY_MS);
        assert.deepEqual(running(world), []);
        assert.ok(world.blames.every(({ rank }) => rank === 1));
      }),
    );
  });

  it("blames in a call that stands still one who has not begun it, and names the call", () => {
    const stories = fc.record({ size, delays, begun: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }) });
    fc.assert(
      fc.property(stories, ({ size: count, delays: taken, begun }) => {
        const world = new World(count, taken);
        for (const one of world.ranks) world.start(one);
        world.clock.pass(LIMITS.intervalMs);
        const inside = world.ranks.filter(({ rank }) => begun.includes(rank));
        for (const { watch } of inside) watch?.begin("all-reduce of step 7");
        world.clock.pass(STALL_MS - 1);
        assert.deepEqual(world.blames, []);
        if (inside.length === 0 || inside.length === count) return;
        world.clock.pass(2 * LIMITS.intervalMs);
        const [first] = inside.flatMap(({ blamed }) => blamed);
        assert.ok(first && !begun.includes(first.rank));
        assert.match(first.message, /has not moved all-reduce of step 7 on for/);
      }),
    );
  });

  for (const [when, passMs, expected] of [
    ["soon after it left", LIMITS.silenceMs / 5, []],
    ["once what it sent must have come", LIMITS.silenceMs, [1]],
  ] as const) {
    it(`blames in a call one who left, ${when}: ${expected.length > 0}`, () => {
      const world = new World(2);
      for (const one of world.ranks) world.start(one);
      world.ranks[0]?.watch?.begin("gather 3");
      world.end(world.ranks[1] as Rank, "left");
      world.clock.pass(passMs);
      assert.deepEqual(
        world.blames.map(({ rank }) => rank),
        expected,
      );
    });
  }
});
