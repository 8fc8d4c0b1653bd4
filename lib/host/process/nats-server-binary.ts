import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { PetageError } from "#lib/base/errors.ts";

/** The oldest nats-server that petage is tested with. */
export const NATS_SERVER_MINIMUM = "2.10.0";
const VERSION_TIMEOUT_MS = 10_000;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface NatsServerBinary {
  readonly path: string;
  readonly version: string;
  readonly source: "PETAGE_NATS_SERVER" | "PATH" | "cache";
}

/** Where petage keeps nats-server binaries: one folder per version. */
export function natsServerCache(env: Environment): string {
  // As the set-up reads them (`scripts/setup/cache.ts`): one that is empty is not set.
  const cache = env["PETAGE_CACHE"] || join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "petage");
  return join(cache, "nats-server");
}

/**
 * The nats-server to run: `PETAGE_NATS_SERVER`, else the one on PATH, else the newest in the cache.
 * @throws NOT_FOUND when there is none that is new enough; FAILED_PRECONDITION when the named one is unfit.
 */
export async function findNatsServer(env: Environment = process.env): Promise<NatsServerBinary> {
  const named = env["PETAGE_NATS_SERVER"];
  if (named) return { path: named, version: await checkedVersion(named), source: "PETAGE_NATS_SERVER" };
  const onPath = await firstFit((env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "nats-server")));
  if (onPath) return { ...onPath, source: "PATH" };
  const cache = natsServerCache(env);
  const versions = (await readdir(cache).catch(() => [])).filter((name) => /^\d/.test(name)).toSorted(compareVersions);
  const cached = await firstFit(versions.toReversed().map((version) => join(cache, version, "nats-server")));
  if (cached) return { ...cached, source: "cache" };
  throw new PetageError("NOT_FOUND", `No nats-server ${NATS_SERVER_MINIMUM} or newer on PATH or in "${cache}"`, {
    hint: "Run `npm run setup`, or name one with PETAGE_NATS_SERVER=/path/to/nats-server",
  });
}

/** What `nats-server --version` says, as `2.12.4`. Undefined when the file is not a nats-server that runs here. */
export async function natsServerVersion(path: string): Promise<string | undefined> {
  const output = await promisify(execFile)(path, ["--version"], { timeout: VERSION_TIMEOUT_MS }).catch(() => undefined);
  return output === undefined ? undefined : /nats-server: v(\d+\.\d+\.\d+)/.exec(output.stdout)?.[1];
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`; both like `2.12.4`. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

async function checkedVersion(path: string): Promise<string> {
  const version = await natsServerVersion(path);
  if (version !== undefined && compareVersions(version, NATS_SERVER_MINIMUM) >= 0) return version;
  const what = version === undefined ? "is not a nats-server that runs here" : `has version ${version}`;
  throw new PetageError("FAILED_PRECONDITION", `PETAGE_NATS_SERVER names "${path}", which ${what}`, {
    hint: `Name a nats-server ${NATS_SERVER_MINIMUM} or newer, or unset it and run \`npm run setup\``,
  });
}

async function firstFit(paths: readonly string[]): Promise<{ path: string; version: string } | undefined> {
  for (const path of paths) {
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    const version = executable ? await natsServerVersion(path) : undefined;
    if (version !== undefined && compareVersions(version, NATS_SERVER_MINIMUM) >= 0) return { path, version };
  }
  return undefined;
}
