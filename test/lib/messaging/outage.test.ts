import assert from "node:assert/strict";
import { getServers, setServers } from "node:dns";
import { once } from "node:events";

import type { PetageError } from "#lib/base/errors.ts";
import type { RingGroup } from "#lib/collective/group.ts";
import type { Outage } from "#lib/collective/watch.ts";
import { startNatsServer } from "#lib/host/process/nats-server.ts";
import type { NatsServer } from "#lib/host/process/nats-server.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import { joinRing } from "#lib/messaging/join-ring.ts";
import { freeze } from "#test/support/freeze.ts";
import { at, reduceOnce, rejection, withRing } from "#test/support/nats-ring.ts";
import { startNameServer } from "#test/support/name-server.ts";
import { rankValues } from "#test/support/ring-rank.ts";
import { startTcpProxy } from "#test/support/tcp-proxy.ts";
import { until } from "#test/support/until.ts";

const STEPS = 4;
/** 6 MB each: more than the socket's buffers take, so that an outage finds chunks everywhere. */
const LENGTH = 1_500_001;
/** Peers are silent for longer than this in every outage here. */
const TIMEOUT_MS = 1_000;

/** What every rank has after each step; the values of a step are those of the step before. */
async function steps(groups: readonly RingGroup[], count: number, first = 0): Promise<readonly Float32Array[]> {
  const values = groups.map(({ rank }) => rankValues(rank, LENGTH));
  for (let step = first; step < first + count; step++) {
    await Promise.all(groups.map((group) => reduceOnce(group, at(values, group.rank), step)));
    for (const [rank, each] of values.entries()) each[step] = rank + at([...each.subarray(step + 1, step + 2)], 0); // ranks differ again
  }
  return values;
}

function thaw({ pid }: NatsServer): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // it was killed
  }
}

describe("an outage of NATS", function () {
  this.timeout(60_000);
  let undisturbed: readonly Float32Array[];
  before("train undisturbed", async () => {
    await using server = await startNatsServer();
    await withRing({ url: server.url, size: 3 }, async (groups) => void (undisturbed = await steps(groups, STEPS)));
  });

  /** A broker and a way to it, and what is done to them. */
  interface Fault {
    readonly url: string;
    /** The broker goes away. */
    begin(): void;
    /** Called when every rank has noticed. */
    end(): Promise<void> | void;
  }
  type Scene = (server: NatsServer, owned: AsyncDisposable[]) => Promise<Fault>;
  const scenes: Readonly<Record<string, Scene>> = {
    "a broker that is killed and started again": async (server, owned) => ({
      url: server.url,
      begin: () => process.kill(server.pid, "SIGKILL"),
      end: async () => void owned.push(await startNatsServer({ port: server.port })),
    }),
    "a broker that is frozen": async ({ url, pid }) => ({
      url,
      begin: () => freeze(pid),
      end: () => void process.kill(pid, "SIGCONT"),
    }),
    "connections that are cut": async (server, owned) => {
      const proxy = await startTcpProxy(server.port);
      owned.push(proxy);
      return { url: `nats://127.0.0.1:${proxy.port}`, begin: () => proxy.cut(), end: () => proxy.heal() };
    },
    "connections that go dead without a word": async (server, owned) => {
      const proxy = await startTcpProxy(server.port);
      owned.push(proxy);
      return { url: `nats://127.0.0.1:${proxy.port}`, begin: () => proxy.die(), end: () => proxy.heal() };
    },
    "a broker that moves to another address": async (server, owned) => {
      const [names, before] = [await startNameServer("127.0.0.1"), getServers()];
      setServers([names.address]);
      owned.push({ [Symbol.asyncDispose]: async () => setServers(before) }, names);
      return {
        url: `nats://broker.petage.test:${server.port}`,
        begin: () => void process.kill(server.pid, "SIGKILL"),
        async end() {
          owned.push(await startNatsServer({ port: server.port, host: "127.0.0.2" }));
          names.target = "127.0.0.2";
        },
      };
    },
  };

  async function inScene(scene: Scene, body: (fault: Fault) => Promise<void>): Promise<void> {
    const owned: AsyncDisposable[] = [];
    const server = await startNatsServer();
    try {
      await body(await scene(server, owned));
    } finally {
      thaw(server);
      for (const each of owned) await each[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    }
  }

  for (const [what, scene] of Object.entries(scenes)) {
    it(`is waited out in the middle of a step, with the same bits: ${what}`, async () => {
      await inScene(scene, async ({ url, begin, end }) => {
        const outages: (Outage | undefined)[] = [];
        const waiting = (): number => 2 * outages.filter((outage) => outage).length - outages.length;
        const onOutage = (outage?: Outage): void => void outages.push(outage);
        const ring = { url, size: 3, timeoutMs: TIMEOUT_MS, pingIntervalMs: 500, outageMs: 50_000, onOutage };
        await withRing(ring, async (groups) => {
          const training = steps(groups, STEPS);
          const chunks = 3 * (LENGTH / 7926); // of a step, about
          await until("a step is under way", () => at(groups, 0).counters.receivedChunks > chunks);
          begin();
          const startMs = performance.now();
          await until("all ranks wait for longer than they wait for a peer", () => {
            return waiting() === 3 && performance.now() - startMs > 2 * TIMEOUT_MS;
          });
          await end();
          assert.deepEqual(await training, undisturbed);
          // The steps may be done before each rank has noticed.
          await until("it is told when it is over", () => waiting() === 0, TIMEOUT_MS * 10);
          for (const outage of outages.filter((each) => each !== undefined)) {
            assert.equal(outage.givesUpAt - outage.since, 50_000);
          }
        });
      });
    });
  }

  it("that one rank alone sees, for less than its peers wait, changes nothing either", async () => {
    await using server = await startNatsServer();
    await using proxy = await startTcpProxy(server.port);
    const urls = [server.url, `nats://127.0.0.1:${proxy.port}`, server.url];
    const size = urls.length;
    const connections = await Promise.all(urls.map((url, rank) => connectNats({ url, name: `rank-${rank}` })));
    const groups = await Promise.all(
      connections.map((nats, rank) => joinRing({ nats, job: "alone", generation: 1, rank, size })),
    );
    const training = steps(groups, STEPS);
    for (let cut = 1; cut <= 3; cut++) {
      const before = at(groups, 1).counters.receivedChunks;
      await until("it goes on", () => at(groups, 1).counters.receivedChunks > before);
      const restored = once(at(connections, 1).events, "restored");
      proxy.cut();
      proxy.heal();
      await restored;
    }
    assert.deepEqual(await training, undisturbed);
    for (const each of [...groups, ...connections]) await each[Symbol.asyncDispose]();
  });

  it("at the very end keeps nobody from his last bytes", async () => {
    await inScene(at(Object.values(scenes), 2), async ({ url, begin, end }) => {
      await withRing({ url, size: 2, outageMs: 50_000 }, async (groups) => {
        const [first, second] = [at(groups, 0), at(groups, 1)];
        await steps(groups, 1);
        const message = new Uint8Array(100_000).fill(7);
        begin();
        await first.broadcast(message, 0, new AbortController().signal); // it is sent, and lost
        const leaving = first[Symbol.asyncDispose]();
        const received = second.broadcast(new Uint8Array(0), 0, new AbortController().signal);
        await end();
        assert.deepEqual(await received, message);
        await leaving;
      });
    });
  });

  const endless = ["a broker that is killed and started again", "a broker that is frozen"] as const;
  for (const what of endless) {
    it(`that lasts too long ends every rank, with the broker and the limit: ${what}`, async () => {
      await inScene(scenes[what] as Scene, async ({ url, begin }) => {
        await withRing({ url, size: 2, timeoutMs: 300, outageMs: 1_500 }, async (groups) => {
          await steps(groups, 1);
          begin();
          const errors = await Promise.all(groups.map((group) => rejection(reduceOnce(group, new Float32Array(9), 1))));
          for (const { code, message, hint = "" } of errors as readonly PetageError[]) {
            assert.equal(code, "NATS_UNAVAILABLE", message);
            assert.match(message, new RegExp(`^Lost NATS at ${url}: .* 1\\.[5-9] s, the most that is waited for it$`));
            assert.match(hint, /nats-server/);
          }
        });
      });
    });
  }

  it("of a connection without a ring is waited out, too", async () => {
    await inScene(at(Object.values(scenes), 4), async ({ url, begin, end }) => {
      await using nats = await connectNats({ url, name: "test" });
      const interrupted = once(nats.events, "interrupted");
      begin();
      await interrupted;
      assert.ok(nats.away);
      const restored = once(nats.events, "restored");
      await end();
      await restored;
      assert.ok(!nats.away && !nats.lost.aborted);
    });
  });
});
