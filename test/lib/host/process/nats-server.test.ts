import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { compareVersions, findNatsServer, natsServerCache } from "#lib/host/process/nats-server-binary.ts";
import { startNatsServer } from "#lib/host/process/nats-server.ts";
import { connectNats } from "#lib/messaging/connect.ts";
import { withNatsServer } from "#test/support/nats-server.ts";

async function fakeServer(folder: string, version: string): Promise<string> {
  const path = join(folder, "nats-server");
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  await chmod(path, 0o755);
  return path;
}

describe("startNatsServer", () => {
  it("accepts clients on the port that it names, and no longer after disposal", async () => {
    let port = 0;
    await withNatsServer(async (url, server) => {
      port = server.port;
      assert.equal(url, `nats://127.0.0.1:${port}`);
      const socket = connect(port, "127.0.0.1");
      const [info] = (await once(socket, "data")) as [Buffer];
      assert.match(info.toString(), /^INFO \{/);
      socket.destroy();
    });
    const [error] = (await once(connect(port, "127.0.0.1"), "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
  });

  it("names the port when another process has it", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await once(blocker, "listening");
    const { port } = blocker.address() as AddressInfo;
    await assert.rejects(startNatsServer({ port }), (error: { code: string; message: string }) => {
      assert.equal(error.code, "PORT_IN_USE");
      assert.match(error.message, new RegExp(`port ${port}\\b`));
      return true;
    });
    blocker.close();
  });

  it("lets in only who has its password when it is secured, and shows that to nobody", async () => {
    const lines: string[] = [];
    const keep = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
    const log = { debug: keep, info: keep, warn: keep, error: keep };
    await withNatsServer(
      async (url, { pid, port }) => {
        const { username, password } = new URL(url);
        assert.match(password, /^p[0-9a-f]{48}$/);
        await using _own = await connectNats({ url, name: "own" });
        for (const other of ["", "petage:wrong@", `${password}@`, `${username}@`]) {
          const connecting = connectNats({ url: `nats://${other}127.0.0.1:${port}`, name: "other" });
          await assert.rejects(connecting, { code: "NATS_UNAVAILABLE", message: /refuses these credentials/ });
        }
        if (process.platform !== "linux") return;
        assert.ok(!(await readFile(`/proc/${pid}/cmdline`, "utf8")).includes(password));
        assert.ok(lines.length > 0 && !lines.join("\n").includes(password));
      },
      { secured: true, log },
    );
  });

  it("says so when the executable cannot run", async () => {
    await assert.rejects(startNatsServer({ path: "/nonexistent/nats-server" }), { code: "PROCESS_FAILED" });
  });

  it("ends when the process that started it is killed", async function () {
    if (process.platform !== "linux") this.skip(); // elsewhere it is ended by an orderly exit only
    const script = `
      const { startNatsServer } = await import("#lib/host/process/nats-server.ts");
      console.log((await startNatsServer()).port);`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const parent = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [output] = (await once(parent.stdout, "data")) as [Buffer];
    const socket = connect(Number(output.toString()), "127.0.0.1");
    socket.on("data", () => undefined);
    await once(socket, "connect");
    socket.on("error", () => undefined); // the server may end with a reset, which closes the connection as well
    const closed = new Promise((resolve) => socket.once("close", resolve));
    parent.kill("SIGKILL");
    await closed;
  });

  it("resolves `exited` when the server is killed", async () => {
    await withNatsServer(async (_url, server) => {
      process.kill(server.pid, "SIGKILL");
      await server.exited;
    });
  });
});

describe("natsServerCache", () => {
  const home = join(homedir(), ".cache/petage/nats-server");
  for (const [env, folder] of [
    [{}, home],
    [{ PETAGE_CACHE: "", XDG_CACHE_HOME: "" }, home],
    [{ PETAGE_CACHE: "", XDG_CACHE_HOME: "/c" }, "/c/petage/nats-server"],
    [{ PETAGE_CACHE: "/own", XDG_CACHE_HOME: "/c" }, "/own/nats-server"],
  ] as const) {
    it(`is ${folder} with ${JSON.stringify(env)}`, () => assert.equal(natsServerCache(env), folder));
  }
});

describe("findNatsServer", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "petage-find-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("takes the one named by the environment first", async () => {
    const path = await fakeServer(folder, "2.10.1");
    const found = await findNatsServer({ PETAGE_NATS_SERVER: path, PATH: process.env["PATH"] });
    assert.deepEqual(found, { path, version: "2.10.1", source: "PETAGE_NATS_SERVER" });
  });

  it("refuses a named one that is too old, and says which is needed", async () => {
    const path = await fakeServer(folder, "2.9.25");
    await assert.rejects(findNatsServer({ PETAGE_NATS_SERVER: path }), {
      code: "FAILED_PRECONDITION",
      message: /has version 2\.9\.25/,
    });
  });

  it("passes over an old one on PATH and says what to do when nothing else is there", async () => {
    await fakeServer(folder, "2.9.25");
    await assert.rejects(findNatsServer({ PATH: folder, PETAGE_CACHE: folder }), {
      code: "NOT_FOUND",
      hint: /npm run setup/,
    });
  });

  const orders: [string, string, number][] = [
    ["2.10.0", "2.9.25", 1],
    ["2.10.0", "2.10.0", 0],
    ["2.9.0", "2.10.0", -1],
    ["10.0.0", "9.9.9", 1],
  ];
  for (const [a, b, order] of orders) {
    it(`orders ${a} against ${b}`, () => assert.equal(Math.sign(compareVersions(a, b)), order));
  }
});
