import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { compareVersions } from "#lib/host/process/nats-server-binary.ts";
import { cacheFolder } from "../setup/cache.ts";
import { watched } from "../setup/report.ts";
import type { Report } from "../setup/report.ts";
import { run } from "../setup/run.ts";
import { build, builtPath } from "./build.ts";
import type { Haste } from "./build.ts";
import { withLock } from "./lock.ts";
import { debianToolsOf, goToolsOf } from "./tools.ts";
import type { DebianTool, GoTool, Level } from "./tools.ts";

const VERSION_TIMEOUT_MS = 30_000;
const APT_TIMEOUT_MS = 10 * 60_000;
/** Administrators' programs are not on everybody's PATH. */
const MORE_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Paths of the programs of a level, by name. */
export type Binaries = ReadonlyMap<string, string>;

/** The path of a program; a bug when the level does not have it. */
export function binary(binaries: Binaries, name: string): string {
  const path = binaries.get(name);
  if (path === undefined) throw new PetageError("INTERNAL", `The cluster's level has no ${name}`);
  return path;
}

/** PATH of everything that runs in a cluster: its own programs first. */
export function searchPath(binaries: Binaries): string {
  const folders = [...binaries.values()].map((path) => dirname(path));
  return [...new Set([...folders, ...pathFolders()])].join(delimiter);
}

/** The environment variable that names a program: PETAGE_KUBE_APISERVER. */
export function variableOf(name: string): string {
  return `PETAGE_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** The tools of a level that are neither installed nor built yet. */
export async function missingTools(level: Level): Promise<{ readonly go: GoTool[]; readonly debian: DebianTool[] }> {
  return { go: await missingOf(goToolsOf(level)), debian: missingPackages(debianToolsOf(level)) };
}

async function missingOf(tools: readonly GoTool[]): Promise<GoTool[]> {
  const missing: GoTool[] = [];
  for (const tool of tools) if ((await findTool(tool)) === undefined) missing.push(tool);
  return missing;
}

/** Those of some Debian packages that are not installed. */
export function missingPackages(tools: readonly DebianTool[]): DebianTool[] {
  return tools.filter(({ path }) => programPath(path) === undefined);
}

/**
 * The programs of a level, built into the cache when they are not there: once, 10 minutes for level 3 on two cores. Other
 * processes that need the same wait.
 */
export async function ensureBinaries(level: Level, report: Report, haste?: Haste): Promise<Binaries> {
  await ensurePackages(debianToolsOf(level), report);
  const found = await ensureTools(goToolsOf(level), report, haste);
  for (const { path } of debianToolsOf(level)) found.set(path, programPath(path) ?? path);
  return found;
}

/** The paths of programs by name; those that are not there are built into the cache, all at once. */
export async function ensureTools(
  tools: readonly GoTool[],
  report: Report,
  haste?: Haste,
): Promise<Map<string, string>> {
  if ((await missingOf(tools)).length > 0) {
    await alone(report, async () => {
      const missing = await missingOf(tools);
      if (missing.length === 0) return; // somebody else was faster
      const title = `Building ${missing.map(({ name }) => name).join(", ")}`;
      await watched(title, report, (update) => build(missing, { haste, update }));
    });
  }
  const found = new Map<string, string>();
  for (const tool of tools) found.set(tool.name, (await findTool(tool)) ?? builtPath(tool));
  return found;
}

/** One build at a time on this machine: two would not be faster, and mostly they are the same. */
async function alone(report: Report, work: () => Promise<void>): Promise<void> {
  await withLock(cacheFolder("cluster", "building"), { say: (line) => report.say(line) }, work);
}

/** Installs what is missing of some Debian packages. Only root gets here: see `support.ts`. */
export async function ensurePackages(tools: readonly DebianTool[], report: Report): Promise<void> {
  if (missingPackages(tools).length === 0) return;
  await alone(report, async () => {
    const names = missingPackages(tools).map((tool) => tool.package);
    if (names.length === 0) return; // somebody else was faster
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    await watched(`Installing ${names.join(", ")} (apt-get)`, report, async () => {
      await run("apt-get", ["update", "-q"], { timeoutMs: APT_TIMEOUT_MS, env });
      await run("apt-get", ["install", "-yq", "--no-install-recommends", ...names], { timeoutMs: APT_TIMEOUT_MS, env });
    });
  });
}

/** Where a tool is: named by its variable, built, or on the PATH in a version that will do. */
export async function findTool(tool: GoTool): Promise<string | undefined> {
  const named = process.env[variableOf(tool.name)];
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw new PetageError("NOT_FOUND", `${variableOf(tool.name)} names "${named}", which is no program`, {
      hint: `Unset it, or give the path of ${tool.name} ${tool.minimum} or newer`,
    });
  }
  const built = builtPath(tool);
  if (existsSync(built)) return built;
  const installed = programPath(tool.name);
  return installed !== undefined && (await isNewEnough(installed, tool)) ? installed : undefined;
}

async function isNewEnough(path: string, { versionArgs, minimum }: GoTool): Promise<boolean> {
  try {
    const said = await run(path, versionArgs, { timeoutMs: VERSION_TIMEOUT_MS });
    const version = /\d+\.\d+\.\d+/.exec(said)?.[0];
    return version !== undefined && compareVersions(version, minimum) >= 0;
  } catch {
    return false;
  }
}

/** The full path of a program on the PATH, or of a file that is there. */
export function programPath(name: string): string | undefined {
  const candidates = isAbsolute(name) ? [name] : pathFolders().map((folder) => join(folder, name));
  return candidates.find((path) => isExecutable(path));
}

function pathFolders(): string[] {
  return [...(process.env["PATH"] ?? "").split(delimiter), ...MORE_FOLDERS].filter((folder) => folder !== "");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
