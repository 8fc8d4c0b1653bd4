import assert from "node:assert/strict";
import { PetageError } from "#lib/base/errors.ts";
import type { IncomingCall, Rpc } from "#lib/rpc/intake/incoming-call.ts";
import { Intake, type IntakeLimits } from "#lib/rpc/intake/intake.ts";
import { FakeClock } from "#test/support/fake-clock.ts";
import { prefixOf } from "#test/support/raw-connection.ts";

const LIMITS: IntakeLimits = {
  openCalls: 4,
  openStreams: 3,
  standardCalls: 2,
  connections: 10,
  silentMs: 1000,
  serverBytes: 100_000,
  connectionBytes: 40_000,
  waitMs: { request: 1000, message: 1000, next: 5000, reader: 5000, end: 500 },
  checkIntervalMs: 100,
};
const UNARY: Rpc = {
  path: "/petage.v1.InferenceService/Predict",
  requestStream: false,
  responseStream: false,
  isStandard: false,
  readsLate: false,
  messageBytes: 20_000,
};
const STREAM: Rpc = {
  ...UNARY,
  path: "/petage.v1.InferenceService/PredictStream",
  requestStream: true,
  responseStream: true,
};

/** What was done to a call. */
interface Done {
  readonly call: IncomingCall;
  readonly log: string[];
  refusal: unknown;
}

function codeOf({ refusal }: Done): string | undefined {
  return refusal instanceof PetageError ? refusal.code : undefined;
}

describe("what comes in at a server", () => {
  let clock: FakeClock;
  let intake: Intake;

  beforeEach(() => {
    clock = new FakeClock();
    intake = new Intake(LIMITS, clock);
  });
  afterEach(() => intake[Symbol.dispose]());

  function arrive(rpc: Rpc, peer: string, { isReading = true } = {}): Done {
    const log: string[] = [];
    const port = {
      pause: () => void log.push("pause"),
      resume: () => void log.push("resume"),
      refuse: (error: unknown) => (log.push("refuse"), void (done.refusal = error)),
      cut: () => (log.push("cut"), intake.leave(done.call)),
    };
    const done: Done = { call: intake.arrive(rpc, peer, port), log, refusal: undefined };
    intake.enter(done.call);
    if (isReading) done.call.reads();
    return done;
  }

  function send({ call }: Done, length: number, sent = length): void {
    call.received(Buffer.concat([prefixOf(length), Buffer.alloc(sent)]));
  }

  /** A request that the server is at work for. */
  function sendAll(done: Done, length: number): void {
    send(done, length);
    done.call.delivered(true);
  }

  describe("ends a call", () => {
    const cases: readonly (readonly [string, Rpc, number, (done: Done) => void, string, RegExp])[] = [
      [
        "whose request does not become whole",
        UNARY,
        1000,
        (done) => send(done, 9000, 10),
        "DEADLINE_EXCEEDED",
        /was not whole 1 s/,
      ],
      ["that sends nothing", UNARY, 1000, () => {}, "DEADLINE_EXCEEDED", /InferenceService\/Predict was not whole/],
      [
        "whose client never says that the request ends",
        UNARY,
        1000,
        (done) => (send(done, 10), done.call.delivered(false), done.call.reads()),
        "DEADLINE_EXCEEDED",
        /was not whole/,
      ],
      [
        "with half a message in its stream",
        STREAM,
        1000,
        (done) => send(done, 9000, 10),
        "DEADLINE_EXCEEDED",
        /was not whole/,
      ],
      ["whose stream is idle", STREAM, 5000, () => {}, "DEADLINE_EXCEEDED", /was idle for 5 s/],
      [
        "whose stream is idle once all is answered",
        STREAM,
        5000,
        (done) => (
          send(done, 10),
          done.call.delivered(false),
          done.call.reads(),
          done.call.answers(),
          done.call.sent()
        ),
        "DEADLINE_EXCEEDED",
        /was idle/,
      ],
    ];
    for (const [what, rpc, limitMs, act, code, message] of cases) {
      it(what, () => {
        const done = arrive(rpc, "a");
        act(done);
        clock.pass(limitMs - 100);
        assert.equal(done.refusal, undefined);
        clock.pass(300);
        assert.equal(codeOf(done), code);
        assert.match(String(done.refusal), message);
        assert.deepEqual(done.log, ["refuse"]);
      });
    }

    it("whose answer nobody reads, without a word, and one that stays open after its status", () => {
      const [unread, open] = [arrive(UNARY, "a"), arrive(UNARY, "b")];
      for (const { call } of [unread, open]) call.delivered(true);
      unread.call.answers();
      open.call.ends();
      clock.pass(700);
      assert.deepEqual([unread.log, open.log], [[], ["cut"]]);
      clock.pass(5000);
      assert.deepEqual(unread.log, ["cut"]);
    });
  });

  describe("leaves a call alone", () => {
    const cases: readonly (readonly [string, Rpc, (done: Done) => void])[] = [
      ["whose request is whole", UNARY, ({ call }) => call.delivered(true)],
      ["that streams answers", { ...STREAM, requestStream: false }, ({ call }) => call.delivered(true)],
      [
        "whose photos are not answered yet",
        STREAM,
        (done) => (send(done, 10), done.call.delivered(false), done.call.reads()),
      ],
      [
        "whose messages the server does not read",
        STREAM,
        (done) => (send(done, 10), done.call.delivered(false), send(done, 9000, 10)),
      ],
      [
        "of a trainer that reads its batches late",
        { ...UNARY, responseStream: true, readsLate: true },
        ({ call }) => (call.delivered(true), call.answers()),
      ],
    ];
    for (const [what, rpc, act] of cases) {
      it(what, () => {
        const done = arrive(rpc, "a");
        act(done);
        clock.pass(100_000);
        assert.deepEqual(done.log, []);
      });
    }
  });

  it("is refused where a message is larger than its RPC takes", () => {
    const done = arrive(UNARY, "a");
    send(done, 20_001, 100);
    assert.equal(codeOf(done), "RESOURCE_EXHAUSTED");
    assert.match(String(done.refusal), /A message of 20001 bytes came; InferenceService\/Predict takes at most 20000/);
  });

  it("waits while its connection has its share under way, and goes on when another call ends", () => {
    const [one, two, three] = [arrive(UNARY, "a"), arrive(UNARY, "a"), arrive(UNARY, "a")];
    for (const done of [one, two, three]) send(done, 20_000, 10);
    assert.deepEqual([one.log, two.log, three.log], [[], [], ["pause"]]);
    const other = arrive(UNARY, "b");
    send(other, 20_000, 10);
    assert.deepEqual(other.log, [], "another connection goes on");
    intake.leave(one.call);
    assert.deepEqual(three.log, ["pause", "resume"]);
  });

  it("is told so when it has waited for its connection's share too long", () => {
    const calls = [arrive(UNARY, "a"), arrive(UNARY, "a"), arrive(UNARY, "a")];
    for (const done of calls.slice(0, 2)) sendAll(done, 20_000);
    send(calls[2] as Done, 20_000, 10);
    clock.pass(1200);
    assert.equal(codeOf(calls[2] as Done), "RESOURCE_EXHAUSTED");
  });

  it("is bounded in bytes for all: the largest half-sent requests give way to others", () => {
    const big = Array.from({ length: 2 }, () => arrive(STREAM, "a"));
    for (const done of big) send(done, 20_000, 10);
    const rest = ["b", "c"].map((peer) => arrive({ ...UNARY, messageBytes: 30_000 }, peer));
    for (const done of rest) sendAll(done, 30_000);
    intake.leave((rest[1] as Done).call);
    const newcomer = arrive({ ...UNARY, messageBytes: 31_000 }, "d");
    send(newcomer, 31_000, 10);
    assert.equal(codeOf(big[0] as Done), "RESOURCE_EXHAUSTED");
    assert.match(String(big[0]?.refusal), /kept the server waiting while others needed its place/);
    assert.deepEqual([big[1]?.log, newcomer.log], [[], []]);
  });

  it("costs what it costs to keep: compressed messages may grow, and small pieces are more than their bytes", () => {
    const [compressed, plain] = [arrive(UNARY, "a"), arrive(UNARY, "a")];
    const prefix = prefixOf(10);
    prefix[0] = 1;
    compressed.call.received(Buffer.concat([prefix, Buffer.alloc(5)]));
    send(plain, 20_000, 10);
    const third = arrive(UNARY, "a");
    send(third, 1000, 10);
    assert.deepEqual(third.log, ["pause"], "the two have 40,000 bytes between them");
    intake.leave(compressed.call);
    const drips = arrive(STREAM, "b");
    send(drips, 20_000, 0);
    for (let index = 0; index < 90 && !drips.call.isEnded; index++) drips.call.received(Buffer.alloc(1));
    assert.ok(drips.call.isEnded, "90 pieces of a byte are taken for 90 KiB");
  });

  it("is freed of a stream's photo by its answer", () => {
    const done = arrive(STREAM, "a");
    for (let index = 0; index < 20; index++) {
      send(done, 20_000);
      done.call.delivered(false);
      done.call.reads();
      done.call.answers();
      done.call.sent();
    }
    assert.deepEqual(done.log, []);
  });

  it("leaves places for calls that end soon, and those of streams that wait to others", () => {
    const idle = ["a", "a", "a"].map((peer) => arrive(STREAM, peer));
    assert.throws(() => arrive(STREAM, "a"), { code: "UNAVAILABLE", message: /busy with 3 calls/ });
    const unary = arrive(UNARY, "a");
    unary.call.delivered(true);
    assert.throws(() => arrive(UNARY, "a"), { code: "UNAVAILABLE", message: /busy with 4 calls/ });
    arrive(STREAM, "b");
    assert.equal(codeOf(idle[0] as Done), "RESOURCE_EXHAUSTED");
    arrive({ ...UNARY, isStandard: true }, "c"); // health has places of its own
  });

  it("lets health be watched by others than the one who watches it most", () => {
    const watch: Rpc = { ...UNARY, responseStream: true, isStandard: true };
    const watches = ["a", "a"].map((peer) => arrive(watch, peer));
    for (const { call } of watches) call.delivered(true);
    arrive(watch, "b");
    assert.equal(watches.filter((done) => codeOf(done) === "RESOURCE_EXHAUSTED").length, 1);
    arrive({ ...watch, responseStream: false }, "c");
  });
});
