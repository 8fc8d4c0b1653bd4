import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

import { startNatsServer } from "#lib/host/process/nats-server.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { withNatsServer } from "#test/support/nats-server.ts";
import { until } from "#test/support/until.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("connectNats", () => {
  it("names the address when nobody listens there, without the password", async () => {
    const port = await freePort();
    await assert.rejects(
      connectNats({ url: `nats://me:secret@127.0.0.1:${port}`, name: "test" }),
      (error: PetageError) => {
        assert.equal(error.code, "NATS_UNAVAILABLE");
        assert.equal(error.message, `Cannot connect to NATS at nats://127.0.0.1:${port}: connection refused`);
        return true;
      },
    );
  });

  it("gives up on a server that accepts but says nothing", async () => {
    const accepted: Socket[] = [];
    const silent = createServer((socket) => accepted.push(socket)).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const connecting = connectNats({ url: `nats://127.0.0.1:${port}`, name: "test", connectTimeoutMs: 100 });
    await assert.rejects(connecting, { code: "NATS_UNAVAILABLE", message: /no answer in time/ });
    for (const socket of accepted) socket.destroy(); // the library leaves it open
    silent.close();
  });

  it("waits for a server that comes within its patience", async () => {
    const port = await freePort();
    const lines: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void lines.push(message) };
    const connecting = connectNats({ url: `nats://127.0.0.1:${port}`, name: "test", patienceMs: 20_000, log });
    await until("it tries again", () => lines.includes("Trying NATS again"));
    await using server = await startNatsServer({ port });
    await using nats = await connecting;
    assert.equal(nats.address, server.url);
  });

  it("gives up once its patience is over, and when its signal aborts", async () => {
    const url = `nats://127.0.0.1:${await freePort()}`;
    await assert.rejects(connectNats({ url, name: "test", patienceMs: 300 }), { code: "NATS_UNAVAILABLE" });
    const signal = AbortSignal.timeout(300);
    const aborted = connectNats({ url, name: "test", patienceMs: 20_000, signal });
    await assert.rejects(aborted, { code: "DEADLINE_EXCEEDED" });
  });

  for (const url of ["", "http://127.0.0.1", "nats://", "nats://host:notaport"]) {
    it(`refuses ${JSON.stringify(url)} as a URL`, async () => {
      await assert.rejects(connectNats({ url, name: "test" }), {
        code: "INVALID_ARGUMENT",
        hint: /nats:\/\/host:4222/,
      });
    });
  }

  it("aborts `lost` when the server stays away for too long", async () => {
    await withNatsServer(async (url, server) => {
      await using nats = await connectNats({ url, name: "test", outageMs: 200 });
      process.kill(server.pid, "SIGKILL");
      await once(nats.lost, "abort");
      const error = PetageError.from(nats.lost.reason);
      assert.equal(error.code, "NATS_UNAVAILABLE");
      assert.equal(error.message, `Lost NATS at ${url}: no connection for 0.2 s, the most that is waited for it`);
    });
  });

  it("bridges a short absence of the server", async () => {
    const first = await startNatsServer();
    await using nats = await connectNats({ url: first.url, name: "test" });
    await first[Symbol.asyncDispose]();
    await using second = await startNatsServer({ port: first.port });
    await once(nats.events, "restored");
    await nats.connection.flush();
    assert.equal(nats.lost.aborted, false);
    assert.equal(second.port, first.port);
  });

  it("closes when its signal aborts", async () => {
    await withNatsServer(async (url) => {
      const stop = new AbortController();
      const nats = await connectNats({ url, name: "test", signal: stop.signal });
      stop.abort();
      await nats.connection.closed();
      assert.equal(nats.lost.aborted, false);
    });
  });
});
