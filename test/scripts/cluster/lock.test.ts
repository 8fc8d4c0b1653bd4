import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../../scripts/cluster/lock.ts";
import { isRunning, killGroup, processIdentity } from "../../../scripts/cluster/process-identity.ts";

describe("processIdentity()", () => {
  it("knows a process while it runs", () => {
    assert.ok(isRunning(processIdentity(process.pid)));
  });

  it("does not take another process for one that had its id", () => {
    const { pid, startTicks = 0 } = processIdentity(process.pid);
    assert.ok(!isRunning({ pid, startTicks: startTicks - 1 }));
  });

  it("kills the group of a process, and a second time does nothing", async () => {
    const child = spawn("sleep", ["60"], { detached: true });
    await once(child, "spawn");
    const identity = processIdentity(child.pid ?? 0);
    killGroup(identity, "SIGKILL");
    await once(child, "exit");
    assert.ok(!isRunning(identity));
    killGroup(identity, "SIGKILL");
  });
});

describe("withLock()", () => {
  const folder = mkdtempSync(join(tmpdir(), "petage-lock-"));
  const path = join(folder, "lock");
  after(() => rmSync(folder, { recursive: true }));

  it("lets one in at a time and tells the other to wait", async () => {
    const said: string[] = [];
    const events: string[] = [];
    const say = (line: string): void => void said.push(line);
    let leave = (): void => undefined;
    const inside = new Promise<void>((resolve) => (leave = resolve));
    const first = withLock(path, { say }, async () => {
      await inside;
      events.push("first");
    });
    const second = withLock(path, { say }, async () => void events.push("second"));
    leave();
    await Promise.all([first, second]);
    assert.deepEqual(events, ["first", "second"]);
    assert.deepEqual(said, [`Waiting for process ${process.pid}, which does the same`]);
  });

  it("frees the lock when the work fails", async () => {
    const fail = (): Promise<never> => Promise.reject(new Error("no"));
    await assert.rejects(withLock(path, { say() {} }, fail), /no/);
    assert.ok(!existsSync(path));
  });

  it("takes over the lock of a process that is gone", async () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, startTicks: 1 }));
    assert.equal(await withLock(path, { say: assert.fail }, () => Promise.resolve("in")), "in");
  });
});
