import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

const FREEZE_TIMEOUT_MS = 5_000;

/** Stops a process. A signal takes a moment to reach every thread: it returns when none runs any more. */
export function freeze(pid: number): void {
  process.kill(pid, "SIGSTOP");
  const deadline = performance.now() + FREEZE_TIMEOUT_MS;
  while (!isStopped(pid)) assert.ok(performance.now() < deadline, `process ${pid} goes on after SIGSTOP`);
}

/** Whether every thread is in the state `T` of proc(5), stopped. */
function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  });
}
