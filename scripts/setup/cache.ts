import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Where the set-up keeps what it fetched and built, shared by all checkouts of this user. */
export function cacheFolder(...names: readonly string[]): string {
  const { PETAGE_CACHE: own, XDG_CACHE_HOME: shared } = process.env;
  return join(own || join(shared || join(homedir(), ".cache"), "petage"), ...names);
}

/**
 * Makes `path` appear whole or not at all: `make` fills a temporary neighbour, which is then renamed. If another
 * process finished first its result stays.
 */
export async function appear(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    await make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    if (!isTaken(error)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** A folder cannot be renamed onto one that has files: somebody else was faster. */
function isTaken(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOTEMPTY" || code === "EEXIST";
}
