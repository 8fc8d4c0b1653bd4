import assert from "node:assert/strict";
import fc from "fast-check";
import { silentLog } from "#lib/base/log.ts";
import { startNatsServer } from "#lib/host/process/nats-server.ts";
import type { NatsServer } from "#lib/host/process/nats-server.ts";
import { encodeFrame } from "#lib/messaging/codec.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import { ringSubjects } from "#lib/messaging/subjects.ts";
import { freeze } from "#test/support/freeze.ts";
import { at, FRAME, reduceOnce, rejection, withRing } from "#test/support/nats-ring.ts";
import { withNatsServer } from "#test/support/nats-server.ts";

describe("a ring among strangers", () => {
  let server: NatsServer;
  before(async () => {
    server = await startNatsServer();
  });
  after(() => server[Symbol.asyncDispose]());

  const intruders: [string, Uint8Array, RegExp][] = [
    ["no frame at all", Buffer.from("hello"), /5 bytes are no header/],
    ["a damaged frame", encodeFrame(FRAME, new Uint8Array(8)).fill(1, 36), /checksum is wrong/],
    ["a frame of another rank", encodeFrame({ ...FRAME, sender: 1 }, new Uint8Array(8)), /expected one from rank 0/],
  ];
  for (const [index, [what, message, expected]] of intruders.entries()) {
    it(`drops ${what}, says so, and goes on`, async () => {
      const lines: string[] = [];
      const log = { ...silentLog, warn: (text: string, fields?: object) => lines.push(text + JSON.stringify(fields)) };
      await withRing({ url: server.url, size: 2, job: `intruder-${index}`, log }, async (groups, connections) => {
        at(connections, 0).connection.publish(ringSubjects(`intruder-${index}`, 1).data(1), message);
        const values = groups.map(({ rank }) => new Float32Array(100).fill(rank));
        await Promise.all(groups.map((group) => reduceOnce(group, at(values, group.rank))));
        for (const each of values) assert.ok(each.every((value) => value === 0.5));
        assert.match(lines.join("\n"), expected);
      });
    });
  }

  /** Whatever a program that reaches the broker may publish on a subject of the ring. */
  const bytes = fc.uint8Array({ maxLength: 4_000 });
  const u16 = fc.nat(0xffff);
  const u32 = fc.nat(0xffffffff);
  const headers = fc.record({
    kind: fc.constantFrom(
      "reduce",
      "broadcast",
      "gather",
      "hello",
      "credit",
      "alive",
      "failed",
      "leaving",
      "resend" as const,
    ),
    generation: fc.oneof(fc.constant(1), u32),
    sender: u16.filter((rank) => rank > 1), // who has the password may be any rank
    step: u32,
    bucket: u16,
    hop: u16,
    chunk: u32,
    position: fc.maxSafeNat(),
  });
  const messages = fc.oneof(
    bytes,
    fc.tuple(headers, bytes).map(([header, payload]) => encodeFrame(header, payload)),
    fc.tuple(headers, bytes, fc.nat(200)).map(([header, payload, cut]) => {
      return encodeFrame(header, payload).subarray(cut);
    }),
    fc.constant(new Uint8Array(1_000_000)),
  );

  it("averages right whatever others publish on its subjects, and counts that", async () => {
    const subjects = ringSubjects("junk", 1);
    const places = [subjects.data(0), subjects.data(1), subjects.credit(0), subjects.credit(1), subjects.control];
    const junk = fc.sample(fc.tuple(fc.constantFrom(...places), messages, fc.boolean()), { numRuns: 400, seed: 1 });
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (text: string, fields?: object) => warned.push({ text, ...fields }) };
    await using stranger = await connectNats({ url: server.url, name: "stranger" });
    await withRing({ url: server.url, size: 2, job: "junk", log }, async (groups) => {
      for (let step = 0; step < 4; step++) {
        for (const [place, message, asksReply] of junk.slice(100 * step, 100 * (step + 1))) {
          const reply = asksReply ? { reply: subjects.data(step % 2) } : {};
          stranger.connection.publish(place, message, reply);
        }
        const values = groups.map(({ rank }) => new Float32Array(50_000).fill(rank + step));
        await Promise.all(groups.map((group) => reduceOnce(group, at(values, group.rank), step)));
        for (const each of values) assert.ok(each.every((value) => value === step + 0.5));
      }
      await stranger.connection.flush();
      assert.ok(groups.every(({ failed }) => !failed.aborted));
    });
    assert.ok(warned.length >= 4 && warned.length <= 8, JSON.stringify(warned));
    assert.deepEqual(new Set(warned.map((line) => (line as { text: string }).text)), new Set(["dropped junk"]));
  });

  it("says that the broker carries nothing, and blames no rank", async () => {
    await withNatsServer(async (url, { pid }) => {
      await withRing({ url, size: 2, timeoutMs: 500, outageMs: 600 }, async (groups) => {
        await Promise.all(groups.map((group) => reduceOnce(group, new Float32Array(10))));
        freeze(pid);
        try {
          const errors = await Promise.all(groups.map((group) => rejection(reduceOnce(group, new Float32Array(9), 1))));
          for (const error of errors) {
            assert.equal(error.code, "NATS_UNAVAILABLE", error.message);
            assert.match(error.message, /^Lost NATS at \S+: it has carried no message for \d\.\d s/);
          }
        } finally {
          process.kill(pid, "SIGCONT");
        }
      });
    });
  });
});
