import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { delay } from "#lib/system/clock.ts";
import { isRunning, processIdentity } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

const POLL_INTERVAL_MS = 1_000;

/** Does `work` while no other process of this machine holds the lock. One whose holder is dead is taken over. */
export async function withLock<T>(
  path: string,
  { say }: { readonly say: (line: string) => void },
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = false; !take(path); waited = true) {
    if (!waited) say(`Waiting for process ${holderOf(path)?.pid ?? "?"}, which does the same`);
    await delay(POLL_INTERVAL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  const holder = holderOf(path);
  if (holder !== undefined && !isRunning(holder)) rmSync(path, { force: true });
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(processIdentity(process.pid)));
  try {
    linkSync(own, path); // fails when it is there: whole or absent, unlike a file that is created and then written
    return true;
  } catch {
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function holderOf(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
