import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { PetageError } from "#lib/base/errors.ts";
import { describeExit, startProcess, type OutputLine } from "#lib/host/process/processes.ts";
import { delay } from "#lib/system/clock.ts";

const ENTRY = fileURLToPath(new URL("../fixtures/service.ts", import.meta.url));
const DEADLINE_MS = 15_000;

function start(what: string, environment: Record<string, string> = {}) {
  const lines: OutputLine[] = [];
  const spec = { name: `fixture-${what}`, entry: ENTRY, args: [what], environment };
  return { lines, process: startProcess({ ...spec, onLine: (line) => lines.push(line) }) };
}

async function gone(pid: number): Promise<void> {
  const endMs = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    assert.ok(Date.now() < endMs, `process ${pid} still lives`);
    await delay(20);
  }
}

describe("startProcess", function () {
  this.timeout(60_000);

  it("hands over what the process says when it is ready, and ends it in order", async () => {
    const { process: child, lines } = start("serve", { FIXTURE_PORT: "4711" });
    assert.deepEqual(await child.ready(), { port: 4711 });
    const exit = await child.stop();
    assert.deepEqual([exit.exitCode, exit.signal], [0, null]);
    const messages = lines.map(({ line }) => JSON.parse(line) as { name: string; msg: string });
    assert.deepEqual(
      messages.map(({ name, msg }) => `${name}: ${msg}`),
      ["fixture-serve: Ending", "fixture-serve: Ended in order"],
    );
  });

  it("lets nobody but this machine reach the process, wherever this one listens itself, unless told to", async () => {
    const before = { ...process.env };
    Object.assign(process.env, { PETAGE_HOST: "0.0.0.0", PETAGE_PORT: "50051", PETAGE_METRICS_PORT: "9464" });
    const inherits = start("where");
    const isTold = start("where", { PETAGE_HOST: "0.0.0.0" });
    process.env = before;
    assert.deepEqual(await inherits.process.ready(), { host: "127.0.0.1", port: "0", metrics: "" });
    assert.deepEqual(await isTold.process.ready(), { host: "0.0.0.0", port: "0", metrics: "" });
    await Promise.all([inherits.process.stop(), isTold.process.stop()]);
  });

  it("kills a process that does not end within the grace", async () => {
    const { process: child } = start("stubborn");
    await child.ready();
    const exit = await child.stop(50);
    assert.deepEqual([exit.exitCode, exit.signal], [null, "SIGKILL"]);
    assert.equal(describeExit("x", exit), "x was killed by SIGKILL");
  });

  it("tells why a process was never ready, by its last line", async () => {
    const { process: child } = start("refuse");
    await assert.rejects(child.ready(), (error: unknown) => {
      assert.ok(error instanceof PetageError);
      assert.equal(error.code, "PROCESS_FAILED");
      assert.match(
        error.message,
        /^fixture-refuse ended with exit code 3; .*Cannot read a\.py\. Write it \[CONFIG_NOT_FOUND\]/,
      );
      return true;
    });
    const { error } = await child.exited;
    assert.deepEqual([error?.code, error?.message, error?.hint], ["CONFIG_NOT_FOUND", "Cannot read a.py", "Write it"]);
  });

  it("hands on the exit code that main returns", async () => {
    assert.equal((await start("42").process.exited).exitCode, 42);
  });

  it("gives up waiting when the time is over or the signal aborts", async () => {
    const { process: child } = start("never-ready");
    const { process: other } = start("stubborn");
    await assert.rejects(child.ready({ timeoutMs: 1 }), { code: "DEADLINE_EXCEEDED" });
    await assert.rejects(other.ready({ signal: AbortSignal.abort(new PetageError("ABORTED", "no")) }), {
      code: "ABORTED",
    });
    await Promise.all([child.stop(0), other.stop(0)]);
  });

  it("makes an error that nobody awaited the end of the process, in one line", async () => {
    const { process: child, lines } = start("stray");
    assert.equal((await child.exited).exitCode, 1);
    assert.equal(lines.length, 1);
    assert.match(lines[0]?.line ?? "", /forgotten/);
  });

  it("leaves nothing behind when the parent is killed with SIGKILL", async () => {
    const { process: parent } = start("parent");
    const { childPid } = await parent.ready();
    process.kill(parent.pid, "SIGKILL");
    assert.equal((await parent.exited).signal, "SIGKILL");
    await gone(childPid as number);
  });
});
