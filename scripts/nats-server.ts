import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import {
  compareVersions,
  findNatsServer,
  NATS_SERVER_MINIMUM,
  natsServerCache,
  natsServerVersion,
} from "#lib/host/process/nats-server-binary.ts";
import type { Environment } from "#lib/host/process/nats-server-binary.ts";

/** Built from source by Go 1.24 or newer; the last release that needs no newer Go. */
const PINNED_VERSION = "2.12.4";
const INSTALL_TIMEOUT_MS = 600_000;
const PROGRESS_INTERVAL_MS = 5_000;

export interface InstalledNatsServer {
  readonly path: string;
  readonly version: string;
  /** Where it came from, for the log: `PATH`, `cache`, `go install`, ... */
  readonly how: string;
}

/** Leaves a nats-server executable in `folder` and returns its path; throws when this machine cannot. */
type Way = (folder: string, env: Environment) => Promise<string>;

const WAYS: Readonly<Record<string, Way>> = {
  "go install": goInstall,
  "Debian package": debianPackage,
};

/**
 * Makes sure that there is a nats-server to run, installing it into the cache if none is found.
 * @throws NOT_FOUND with the commands that help when no way works on this machine.
 */
export async function installNatsServer(options: {
  readonly log: Log;
  readonly env?: Environment;
}): Promise<InstalledNatsServer> {
  const { log, env = process.env } = options;
  const found = await findNatsServer(env).catch((error: unknown) => {
    if (error instanceof PetageError && error.code === "NOT_FOUND") return undefined;
    throw error;
  });
  if (found) return { path: found.path, version: found.version, how: found.source };

  const failures: string[] = [];
  for (const [how, way] of Object.entries(WAYS)) {
    try {
      return { ...(await installInto(natsServerCache(env), (folder) => watched(log, how, way(folder, env)))), how };
    } catch (error) {
      failures.push(`${how}: ${firstLine(error)}`);
    }
  }
  throw new PetageError("NOT_FOUND", `Cannot install nats-server (${failures.join("; ")})`, {
    hint: `Install Go 1.24 and run this again, or fetch nats-server ${NATS_SERVER_MINIMUM} or newer by your system's package manager (\`brew install nats-server\`, \`apk add nats-server\`), or set PETAGE_NATS_SERVER to its path`,
  });
}

/** Builds in a temporary folder beside the target and renames, so that a half-made binary is never found. */
async function installInto(
  cache: string,
  build: (folder: string) => Promise<string>,
): Promise<{ path: string; version: string }> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, ".building-"));
  try {
    const built = await build(folder);
    const version = await natsServerVersion(built);
    if (version === undefined || compareVersions(version, NATS_SERVER_MINIMUM) < 0) {
      throw new Error(`gave ${version ?? "nothing that runs here"}, expected ${NATS_SERVER_MINIMUM} or newer`);
    }
    const path = join(cache, version, "nats-server");
    await mkdir(join(cache, version), { recursive: true });
    await rename(built, path);
    return { path, version };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function goInstall(folder: string, env: Environment): Promise<string> {
  await execute("go", ["install", `github.com/nats-io/nats-server/v2@v${PINNED_VERSION}`], {
    env: { ...env, GOBIN: folder, CGO_ENABLED: "0" },
  });
  return join(folder, "nats-server");
}

/** Unpacks the distribution's package without installing it, so that no root is needed and no daemon starts. */
async function debianPackage(folder: string, env: Environment): Promise<string> {
  const download = await mkdtemp(join(tmpdir(), "petage-nats-server-"));
  try {
    await execute("apt-get", ["download", "nats-server"], { cwd: download, env });
    const deb = (await readdir(download)).find((name) => name.endsWith(".deb"));
    if (deb === undefined) throw new Error("apt-get left no package");
    await execute("dpkg", ["-x", join(download, deb), download], { env });
    const path = join(folder, "nats-server");
    const inSbin = join(download, "usr", "sbin", "nats-server");
    await copyFile(existsSync(inSbin) ? inSbin : join(download, "usr", "bin", "nats-server"), path);
    await chmod(path, 0o755);
    return path;
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}

async function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env: Environment },
): Promise<void> {
  await promisify(execFile)(command, args, { ...options, timeout: INSTALL_TIMEOUT_MS });
}

/** Says that it is at work, and every few seconds that it still is. */
async function watched<T>(log: Log, how: string, work: Promise<T>): Promise<T> {
  const startMs = Date.now();
  log.info("installing nats-server", { version: PINNED_VERSION, how });
  const timer = setInterval(() => {
    log.info("still installing nats-server", { how, seconds: Math.round((Date.now() - startMs) / 1000) });
  }, PROGRESS_INTERVAL_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim().split("\n").pop() : "";
  if ("syscall" in error && String(error.syscall).startsWith("spawn"))
    return `no ${String(error.syscall).replace("spawn ", "")} here`;
  return stderr || (error.message.split("\n")[0] ?? "");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const say = (message: string, fields: object = {}): void =>
    console.error([message, ...Object.values(fields).map(String)].join(" "));
  try {
    const { path, version, how } = await installNatsServer({ log: { debug: say, info: say, warn: say, error: say } });
    console.log(`nats-server ${version} (${how}): ${path}`);
  } catch (error) {
    console.error(PetageError.from(error).describe());
    process.exitCode = 1;
  }
}
