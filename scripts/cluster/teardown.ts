import { existsSync, readFileSync, rmSync } from "node:fs";
import { PetageError } from "#lib/base/errors.ts";
import { delay } from "#lib/system/clock.ts";
import { cacheFolder } from "../setup/cache.ts";
import { removeControlGroup } from "./control-group.ts";
import { withLock } from "./lock.ts";
import { isRunning, killGroup } from "./process-identity.ts";
import { isAbandoned, readState, takenSlots } from "./slot.ts";
import type { Slot } from "./slot.ts";

const POLL_INTERVAL_MS = 20;
const DEADLINE_MS = 20_000;

/**
 * Ends everything that a cluster has on this machine, then removes its folder. The cluster is lost in any case, so
 * nothing is asked to end by itself. May be repeated, and done by another process.
 */
export async function takeDown(slot: Slot): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  const { processes = [] } = readState(slot) ?? {};
  const kill = (): boolean => {
    for (const each of processes) killGroup(each, "SIGKILL");
    return removeControlGroup(slot.cgroup) && !processes.some((each) => isRunning(each));
  };
  while (!kill()) {
    if (performance.now() > deadlineMs) {
      const names = processes.filter((each) => isRunning(each)).map(({ name, pid }) => `${name} (${pid})`);
      throw new PetageError("DEADLINE_EXCEEDED", `Cannot end ${names.join(", ")} of test cluster ${slot.number}`, {
        hint: "Try `npm run cluster -- down` again",
      });
    }
    await delay(POLL_INTERVAL_MS);
  }
  refuseMounts(slot.folder);
  if (existsSync(slot.folder)) rmSync(slot.folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Takes down the clusters whose owner is gone: it was killed. One process at a time, as slots are given out again. */
export async function takeDownAbandoned(): Promise<readonly Slot[]> {
  if (abandonedSlots().length === 0) return [];
  return await withLock(cacheFolder("cluster", "sweeping"), { say() {} }, async () => {
    const abandoned = abandonedSlots();
    for (const slot of abandoned) await takeDown(slot);
    return abandoned;
  });
}

function abandonedSlots(): readonly Slot[] {
  return takenSlots().filter((slot) => {
    const state = readState(slot);
    return state !== undefined && isAbandoned(state);
  });
}

/** What a node mounts is seen in its own namespace only, which is gone. Never remove what lies behind a mount. */
function refuseMounts(folder: string): void {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const mounted = mounts.map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(`${folder}/`));
  if (mounted.length === 0) return;
  throw new PetageError("FAILED_PRECONDITION", `Cannot remove ${folder}: ${mounted.join(", ")} is mounted`, {
    hint: "Unmount it, then run `npm run cluster -- down`",
  });
}
