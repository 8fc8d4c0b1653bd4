import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { keepNatsServer } from "#lib/host/process/kept-nats-server.ts";
import type { NatsServer } from "#lib/host/process/nats-server.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import { descendants, SHOWS_PROCESSES } from "#test/support/process-tree.ts";
import { until } from "#test/support/until.ts";

/** Kills whatever nats-server runs now; they are children of this process. */
async function killServers(): Promise<void> {
  const servers = (await descendants(process.pid)).filter(({ name }) => name === "nats-server");
  assert.equal(servers.length, 1, "one nats-server runs");
  process.kill(servers[0]?.pid ?? 0, "SIGKILL");
}

describe("keepNatsServer", function () {
  this.timeout(60_000);
  before(function () {
    if (!SHOWS_PROCESSES) this.skip();
  });

  async function kept(outageMs: number, body: (server: NatsServer, told: readonly string[]) => Promise<void>) {
    const told: string[] = [];
    await using server = await keepNatsServer({ outageMs, onEnd: (message) => void told.push(message) });
    await body(server, told);
  }

  it("starts a server that was killed again, where its clients find it, and says how it ended", async () => {
    await kept(30_000, async (server, told) => {
      await using nats = await connectNats({ url: server.url, name: "test" });
      for (const count of [1, 2]) {
        const restored = once(nats.events, "restored");
        await killServers();
        await restored;
        await nats.connection.flush();
        const line = `nats-server was killed by SIGKILL: it is started again on port ${server.port}`;
        assert.deepEqual(
          told,
          Array.from({ length: count }, () => line),
        );
      }
    });
    assert.ok(!(await descendants(process.pid)).some(({ name }) => name === "nats-server"), "disposed, it stays away");
  });

  it("says how it ended once it cannot be started again for as long as its clients wait", async () => {
    await kept(600, async (server) => {
      await killServers();
      const thief = createServer().listen(server.port, "127.0.0.1");
      await once(thief, "listening");
      assert.deepEqual(await server.exited, { exitCode: null, signal: "SIGKILL" });
      thief.close();
    });
  });

  it("ends at once when it is disposed while it is away", async () => {
    await kept(60_000, async (server, told) => {
      await killServers();
      await until("its end is seen", () => told.length === 1);
      await server[Symbol.asyncDispose]();
      await server.exited;
    });
  });
});
