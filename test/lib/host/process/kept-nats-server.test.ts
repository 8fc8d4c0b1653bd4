import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepNatsServer } from "#lib/host/process/kept-nats-server.ts";
import { findNatsServer } from "#lib/host/process/nats-server-binary.ts";
import type { NatsServer } from "#lib/host/process/nats-server.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import { stillRunning } from "#test/support/process-tree.ts";
import { until } from "#test/support/until.ts";

describe("keepNatsServer", function () {
  this.timeout(60_000);
  let folder = "";
  /** The program, for as long as it can be found. */
  let path = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-kept-nats-"));
    path = join(folder, "nats-server");
    await symlink((await findNatsServer()).path, path);
  });
  afterEach(async () => await rm(folder, { recursive: true, force: true }));

  async function kept(outageMs: number, body: (server: NatsServer, told: readonly string[]) => Promise<void>) {
    const told: string[] = [];
    await using server = await keepNatsServer({ path, outageMs, onEnd: (message) => void told.push(message) });
    await body(server, told);
  }

  it("starts a server that was killed again, where its clients find it, and says how it ended", async () => {
    let last = 0;
    await kept(30_000, async (server, told) => {
      await using nats = await connectNats({ url: server.url, name: "test" });
      for (const count of [1, 2]) {
        const restored = once(nats.events, "restored");
        process.kill(server.pid, "SIGKILL");
        await restored;
        await nats.connection.flush();
        const line = `nats-server was killed by SIGKILL: it is started again on port ${server.port}`;
        assert.deepEqual(
          told,
          Array.from({ length: count }, () => line),
        );
      }
      last = server.pid;
    });
    assert.deepEqual(await stillRunning([last]), [], "disposed, it stays away");
  });

  it("says how it ended once it cannot be started again for as long as its clients wait", async () => {
    await kept(600, async (server, told) => {
      await rm(path);
      process.kill(server.pid, "SIGKILL");
      assert.deepEqual(await server.exited, { exitCode: null, signal: "SIGKILL" });
      assert.equal(told.length, 1, "it was tried");
    });
  });

  it("ends at once when it is disposed while it is away", async () => {
    await kept(60_000, async (server, told) => {
      await rm(path);
      process.kill(server.pid, "SIGKILL");
      await until("its end is seen", () => told.length === 1);
      await server[Symbol.asyncDispose]();
      await server.exited;
    });
  });
});
