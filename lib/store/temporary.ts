import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** How names begin that are being written: whoever lists a folder passes over them. */
export const TEMPORARY_PREFIX = ".writing-";

/** A name beside `path` that nobody else takes, and that tells who writes: pods that share a volume have the same ids. */
export function temporaryFor(path: string): string {
  const writer = `${hostname()}@${process.pid}@${randomBytes(8).toString("hex")}`;
  return join(dirname(path), `${TEMPORARY_PREFIX}${basename(path)}@${writer}`);
}

/** Removes what writers that were killed have left unfinished in a folder; nobody may be writing there. */
export async function removeUnfinished(folder: string): Promise<void> {
  await remove(folder, await unfinished(folder));
}

/** The same where others may be writing: only what processes of this host began that live no more. */
export async function removeLeftBehind(folder: string): Promise<void> {
  await remove(folder, (await unfinished(folder)).filter(hasDeadWriter));
}

async function unfinished(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith(TEMPORARY_PREFIX));
}

async function remove(folder: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function hasDeadWriter(name: string): boolean {
  const [host, pid] = name.split("@").slice(-3);
  return host === hostname() && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
