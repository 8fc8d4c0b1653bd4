import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PetageError } from "#lib/base/errors.ts";
import type { Chunk } from "#lib/collective/types.ts";
import { startNatsServer } from "#lib/host/process/nats-server.ts";
import type { NatsServer } from "#lib/host/process/nats-server.ts";
import { encodeFrame, HEADER_BYTES } from "#lib/messaging/codec.ts";
import type { FrameHeader } from "#lib/messaging/codec.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import type { Nats } from "#lib/messaging/connect.ts";
import { joinRing } from "#lib/messaging/join-ring.ts";
import { openNatsLink } from "#lib/messaging/nats-link.ts";
import type { NatsLink, NatsLinkOptions } from "#lib/messaging/nats-link.ts";
import { ringSubjects } from "#lib/messaging/subjects.ts";
import { at, FRAME, JOB, reduceOnce, rejection, signal, withRing } from "#test/support/nats-ring.ts";
import { forkRank } from "#test/support/fork-rank.ts";
import { withNatsServer } from "#test/support/nats-server.ts";
import { rankValues } from "#test/support/ring-rank.ts";
import { until } from "#test/support/until.ts";

/** Both links of a ring of two. */
async function withLinks(
  url: string,
  options: Partial<NatsLinkOptions>,
  body: (links: readonly [NatsLink, NatsLink], connections: readonly [Nats, Nats]) => Promise<void>,
): Promise<void> {
  await using left = await connectNats({ url, name: "left" });
  await using right = await connectNats({ url, name: "right" });
  const open = (nats: Nats, rank: number): Promise<NatsLink> =>
    openNatsLink({ nats, job: JOB, generation: 1, rank, size: 2, ...options });
  await using first = await open(left, 0);
  await using second = await open(right, 1);
  await body([first, second], [left, right]);
}

function chunkOf(index: number, payload: Uint8Array): Chunk {
  return { operation: "reduce", step: 1, bucket: 0, hop: 0, chunk: index, payload };
}

describe("ring over NATS", () => {
  let server: NatsServer;
  before(async () => {
    server = await startNatsServer();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const size of [2, 3, 4]) {
    it(`averages 25 MB over ${size} ranks: exact, and the same bits everywhere`, async () => {
      await withRing({ url: server.url, size, job: `exact-${size}` }, async (groups) => {
        const length = 25_000_000 / 4 + 1;
        const inputs = groups.map(({ rank }) => rankValues(rank, length));
        const outputs = inputs.map((values) => values.slice());
        await Promise.all(groups.map((group) => reduceOnce(group, at(outputs, group.rank))));
        const first = Buffer.from(at(outputs, 0).buffer);
        for (const output of outputs) assert.ok(first.equals(Buffer.from(output.buffer)));
        for (let i = 0; i < length; i += 7) {
          const exact = inputs.reduce((sum, values) => sum + (values[i] as number), 0) / size;
          const scale = inputs.reduce((sum, values) => sum + Math.abs(values[i] as number), 0) / size;
          assert.ok(Math.abs((at(outputs, 0)[i] as number) - exact) <= size * 2 ** -24 * scale, `element ${i}`);
        }
      });
    });
  }

  it("broadcasts more than a window, and gathers by rank", async () => {
    await withRing({ url: server.url, size: 3, job: "spread" }, async (groups) => {
      const sent = new Uint8Array(rankValues(5, 5_000_003).buffer);
      const received = await Promise.all(
        groups.map((group) => group.broadcast(group.rank === 1 ? sent : new Uint8Array(0), 1, signal)),
      );
      for (const each of received) assert.ok(Buffer.from(each.buffer).equals(Buffer.from(sent.buffer)));
      const gathered = await Promise.all(groups.map((group) => group.allGather(Uint8Array.of(group.rank), signal)));
      for (const each of gathered)
        assert.deepEqual(
          each.map((value) => [...value]),
          [[0], [1], [2]],
        );
    });
  });

  it("lets ranks come in any order and long after each other", async () => {
    const url = server.url;
    await using early = await connectNats({ url, name: "early" });
    await using first = await joinRing({ nats: early, job: "order", generation: 0, rank: 1, size: 2 });
    const values = Float32Array.of(2);
    const reduced = reduceOnce(first, values);
    for (let turn = 0; turn < 5; turn++) await early.connection.flush();
    await using late = await connectNats({ url, name: "late" });
    await using second = await joinRing({ nats: late, job: "order", generation: 0, rank: 0, size: 2 });
    await Promise.all([reduceOnce(second, Float32Array.of(4)), reduced]);
    assert.deepEqual([...values], [3]);
  });

  it("keeps to the message size that it is given, and sends what is left in a smaller one", async () => {
    const sizes: number[] = [];
    await using spy = await connectNats({ url: server.url, name: "spy" });
    const callback = (_error: unknown, { data }: { data: Uint8Array }): void => void sizes.push(data.length);
    spy.connection.subscribe(ringSubjects("sizes", 1).data(1), { callback });
    await spy.connection.flush();
    await withRing({ url: server.url, size: 2, job: "sizes", messageBytes: 1_024 }, async (groups) => {
      await Promise.all(groups.map((group) => reduceOnce(group, new Float32Array(5_000))));
    });
    await spy.connection.flush();
    assert.equal(Math.max(...sizes), 1_024);
    assert.equal(sizes.filter((size) => size === 1_024).length, 20);
  });

  it("counts and drops what a rank of an earlier generation still sends", async () => {
    const job = "stale";
    await withRing({ url: server.url, size: 2, job, generation: 5 }, async (groups, connections) => {
      const { data } = ringSubjects(job, 5);
      const old: FrameHeader = { ...FRAME, generation: 4 };
      at(connections, 0).connection.publish(data(1), encodeFrame(old, new Uint8Array(8).fill(9)));
      const values = groups.map(({ rank }) => new Float32Array(100).fill(rank));
      await Promise.all(groups.map((group) => reduceOnce(group, at(values, group.rank))));
      for (const each of values) assert.ok(each.every((value) => value === 0.5));
    });
  });

  it("names a rank whose process was killed, on the rank that waits for it", async () => {
    const common = {
      url: server.url,
      job: "kill",
      size: 2,
      elementCount: 1_000_000,
      rounds: 1_000_000,
      timeoutMs: 1_000,
    };
    await using survivor = forkRank({ ...common, rank: 0 });
    await using victim = forkRank({ ...common, rank: 1 });
    await survivor.first("round");
    const killedMs = performance.now();
    victim.process.kill("SIGKILL");
    const { code, message } = await survivor.first("failed");
    assert.ok(performance.now() - killedMs < 5_000, "within the limit and some");
    assert.equal(code, "PEER_LOST");
    assert.match(
      message,
      /^Rank 1 of 2 has been silent for 1\.\d s, in (all-reduce of step \d+, bucket 0|gather \d+)$/,
    );
  });

  it("averages between processes", async () => {
    const common = { url: server.url, job: "processes", size: 2, elementCount: 2_000_001, rounds: 3 };
    await using first = forkRank({ ...common, rank: 0 });
    await using second = forkRank({ ...common, rank: 1 });
    const results = [await first.first("done"), await second.first("done")];
    assert.equal(at(results, 0).sha256, at(results, 1).sha256);
    assert.ok(at(results, 0).maxErrorOverScale < 2 ** -23);
  });
});

describe("link over NATS", () => {
  it("never has more on its way than the receiver granted, so that a slow one is not closed", async () => {
    await withNatsServer(async (url, { pid }) => {
      const windowBytes = 256 * 1024;
      await withLinks(url, { windowBytes }, async ([sender, receiver], [, right]) => {
        const payload = new Uint8Array(sender.chunkBytes);
        const total = 300; // 9.5 MB
        const sending = (async () => {
          for (let index = 0; index < total; index++) await sender.send(chunkOf(index, payload), signal);
        })();
        let index = 0;
        for await (const chunk of receiver.chunks(signal)) {
          assert.equal(chunk.chunk, index++);
          assert.ok(sender.counters.sentBytes - receiver.counters.receivedBytes <= windowBytes);
          // A receiver that takes its time: a whole turn to the server and back for each chunk.
          if (index % 10 === 0) await right.connection.flush();
          if (index === total) break;
        }
        await sending;
        assert.equal(receiver.counters.receivedBytes, total * (sender.chunkBytes + HEADER_BYTES));
        assert.equal(right.lost.aborted, false);
        assert.ok(pid > 0);
      });
    });
  });

  it("stops a sender at the window while nobody receives", async () => {
    await withNatsServer(async (url) => {
      await withLinks(url, { windowBytes: 128 * 1024 }, async ([sender, receiver], [left, right]) => {
        const payload = new Uint8Array(sender.chunkBytes);
        const sent: number[] = [];
        const stop = new AbortController();
        const sending = (async () => {
          for (;;) {
            await sender.send(chunkOf(sent.length, payload), stop.signal);
            sent.push(sent.length);
          }
        })();
        while (sent.length < 4) await left.connection.flush();
        for (let turn = 0; turn < 5; turn++) await Promise.all([left.connection.flush(), right.connection.flush()]);
        assert.equal(sent.length, 4, "of 31 KiB each");
        assert.equal(receiver.counters.receivedBytes, 4 * 31 * 1024);
        stop.abort(new PetageError("ABORTED", "enough"));
        await assert.rejects(sending, { code: "ABORTED" });
      });
    });
  });

  const withPayloadLimit = async (limitBytes: number, body: (url: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), "petage-nats-"));
    const configFile = join(folder, "nats.conf");
    await writeFile(configFile, `max_payload: ${limitBytes}\n`);
    await withNatsServer(body, { configFile });
    await rm(folder, { recursive: true });
  };

  it("respects the server's max_payload", async () => {
    await withPayloadLimit(4_096, (url) =>
      withLinks(url, {}, async ([sender, receiver]) => {
        assert.equal(sender.chunkBytes, 4_096 - HEADER_BYTES);
        await sender.send(chunkOf(0, new Uint8Array(sender.chunkBytes)), signal);
        for await (const { payload } of receiver.chunks(signal)) {
          assert.equal(payload.length, sender.chunkBytes);
          break;
        }
      }),
    );
  });

  it("refuses a server whose max_payload holds no chunk", async () => {
    const expected = { code: "NATS_UNAVAILABLE", message: /^Messages of 64 bytes are too small for the ring, on NATS/ };
    await withPayloadLimit(64, (url) =>
      assert.rejects(
        withLinks(url, {}, () => Promise.resolve()),
        expected,
      ),
    );
  });

  it("goes on after a short absence of the server in which nothing was lost", async () => {
    const first = await startNatsServer();
    await withRing({ url: first.url, size: 2 }, async (groups, connections) => {
      const sum = (): Promise<unknown> => Promise.all(groups.map((group) => reduceOnce(group, new Float32Array(10))));
      await sum();
      const restored = connections.map(({ events }) => once(events, "restored"));
      await first[Symbol.asyncDispose]();
      await using second = await startNatsServer({ port: first.port });
      await Promise.all(restored);
      await sum();
      assert.ok(second.pid !== first.pid);
    });
  });

  /** A chunk that rank 1 has not got, and everything after it; `position` is how many bytes were sent before. */
  const stray = (position: number): Uint8Array => encodeFrame({ ...FRAME, position }, new Uint8Array(8));

  it("gets again what it sees that it misses: by the next chunk, or by a greeting when that was the last", async () => {
    await withNatsServer(async (url) => {
      await withLinks(url, {}, async ([sender, receiver], [left]) => {
        const { data } = ringSubjects(JOB, 1);
        const received: number[] = [];
        const reading = (async () => {
          for await (const { chunk } of receiver.chunks(signal)) if (received.push(chunk) === 4) break;
        })();
        await sender.send(chunkOf(0, new Uint8Array(8)), signal);
        left.connection.publish(data(1), stray(1_000_000)); // as if much had been sent and lost
        await sender.send(chunkOf(1, new Uint8Array(8)), signal);
        left.connection.publish(
          data(1),
          encodeFrame({ ...FRAME, kind: "hello", position: 96 + 48 }, new Uint8Array(0)),
        );
        for (const index of [2, 3]) await sender.send(chunkOf(index, new Uint8Array(8)), signal);
        await reading;
        assert.deepEqual(received, [0, 1, 2, 3]);
        await until("what came twice was seen", () => receiver.counters.repeatedChunks === sender.counters.sentAgain);
      });
    });
  });

  it("is at its end when all has come, however late", async () => {
    await withNatsServer(async (url) => {
      await withLinks(url, {}, async ([sender, receiver]) => {
        for (let index = 0; index < 10; index++) await sender.send(chunkOf(index, new Uint8Array(8)), signal);
        await sender.settle(signal);
        assert.equal(receiver.counters.receivedBytes, 10 * (HEADER_BYTES + 8));
      });
    });
  });

  it("fails when somebody else sends as the same rank, then ignores and counts what still comes", async () => {
    await withNatsServer(async (url) => {
      await withLinks(url, {}, async ([sender, receiver], [left]) => {
        const { data } = ringSubjects(JOB, 1);
        await sender.send(chunkOf(0, new Uint8Array(8)), signal);
        left.connection.publish(data(1), stray(0));
        for (let index = 1; index <= 3; index++) await sender.send(chunkOf(index, new Uint8Array(8)), signal);
        for (const begun of [1, 2]) sender.tell({ kind: "alive", rank: 0, begun });
        await until("the link ignored the notices", () => receiver.counters.droppedNotices === 2);
        assert.equal(receiver.counters.droppedChunks, 3);
        const received: number[] = [];
        const failure = await rejection(
          (async () => {
            for await (const { chunk } of receiver.chunks(signal)) received.push(chunk);
          })(),
        );
        assert.deepEqual([failure.code, received], ["RING_PROTOCOL", [0]]);
        assert.match(failure.message, new RegExp(`A message of the ring does not fit.*, on NATS at ${url}$`));
        assert.match(failure.hint ?? "", /Two processes may claim the same rank/);
      });
    });
  });

  it("ignores and counts what still comes once nobody reads any more", async () => {
    await withNatsServer(async (url) => {
      await withLinks(url, {}, async ([sender, receiver]) => {
        const left = new AbortController();
        const streams: readonly AsyncIterable<unknown>[] = [
          receiver.chunks(left.signal),
          receiver.notices(left.signal),
        ];
        const reading = streams.map((each) => each[Symbol.asyncIterator]().next());
        left.abort();
        await Promise.all(reading);
        await sender.send(chunkOf(0, new Uint8Array(8)), signal);
        sender.tell({ kind: "alive", rank: 0, begun: 1 });
        await until("the link ignored the notice", () => receiver.counters.droppedNotices === 1);
        assert.equal(receiver.counters.droppedChunks, 1);
      });
    });
  });

  it("fails every rank with the address when the server is lost for good", async () => {
    await withNatsServer(async (url, server) => {
      await withRing({ url, size: 2, outageMs: 200 }, async (groups) => {
        await Promise.all(groups.map((group) => reduceOnce(group, new Float32Array(10))));
        process.kill(server.pid, "SIGKILL");
        const errors = await Promise.all(groups.map((group) => rejection(reduceOnce(group, new Float32Array(1e6), 1))));
        for (const error of errors) {
          assert.equal(error.code, "NATS_UNAVAILABLE");
          assert.match(error.message, new RegExp(`Lost NATS at ${url}`));
        }
      });
    });
  });
});
