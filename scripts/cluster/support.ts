import { platform } from "node:os";
import { missingTools, programPath } from "./binaries.ts";
import { run } from "../setup/run.ts";
import type { Level } from "./tools.ts";

const PROBE_TIMEOUT_MS = 10_000;

/** Whether this machine can run a cluster of a level, and if not, in one line why. */
export type Support = { readonly available: true } | { readonly available: false; readonly why: string };

/** Looks at the machine; builds and installs nothing. PETAGE_CLUSTER_LEVEL limits what may be used. */
export async function clusterSupport(level: Level): Promise<Support> {
  const why = await reasonAgainst(level);
  return why === undefined ? { available: true } : { available: false, why };
}

async function reasonAgainst(level: Level): Promise<string | undefined> {
  const limit = process.env["PETAGE_CLUSTER_LEVEL"];
  if (limit !== undefined && limit !== "" && Number(limit) < level) return `PETAGE_CLUSTER_LEVEL is ${limit}`;
  if (platform() !== "linux") return `it runs on Linux only, this is ${platform()}`;
  if (programPath("openssl") === undefined) return "there is no openssl to make certificates";
  const missing = await missingTools(level);
  if (missing.go.length > 0 && programPath("go") === undefined) {
    return `there is no Go to build ${missing.go.map(({ name }) => name).join(", ")}`;
  }
  return level === 3 ? await reasonAgainstContainers(missing.debian.map((tool) => tool.package)) : undefined;
}

async function reasonAgainstContainers(missingPackages: readonly string[]): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "containers need root";
  if (missingPackages.length > 0 && programPath("apt-get") === undefined) {
    return `there is no apt-get to install ${missingPackages.join(", ")}`;
  }
  try {
    await run("unshare", ["--net", "--mount", "--pid", "--fork", "true"], { timeoutMs: PROBE_TIMEOUT_MS });
    return undefined;
  } catch {
    return "this machine gives no network, mount and process namespaces";
  }
}
