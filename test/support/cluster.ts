import { fileURLToPath } from "node:url";
import { defined } from "#lib/base/assert.ts";
import { ensureBinaries, ensureTools, findTool, programPath } from "../../scripts/cluster/binaries.ts";
import type { Cluster } from "../../scripts/cluster/cluster.ts";
import { startCluster } from "../../scripts/cluster/start.ts";
import type { StartClusterOptions } from "../../scripts/cluster/start.ts";
import { clusterSupport } from "../../scripts/cluster/support.ts";
import { KUEUE } from "../../scripts/cluster/tools.ts";
import type { GoTool, Level } from "../../scripts/cluster/tools.ts";
import { consoleReport } from "../../scripts/setup/report.ts";

/** The programs of a level have to be built the first time, perhaps on a busy machine. */
const BUILD_TIMEOUT_MS = 60 * 60_000;
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

/** A script that starts a cluster of the level given to it, and waits to be killed. */
export const OWNED_CLUSTER = fileURLToPath(new URL("owned-cluster.ts", import.meta.url));

/**
 * Sees to it that the programs of a level are there before the tests of a suite, and skips them all, saying why, where
 * such a cluster cannot run. Call it in `describe`.
 */
export function usePrograms(level: Level): void {
  before(`the programs of a cluster of level ${level}`, async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    const support = await clusterSupport(level);
    if (!support.available) {
      console.log(`      Left out: tests on a cluster of level ${level}: ${support.why}`);
      this.skip();
    }
    await ensureBinaries(level, consoleReport());
  });
}

/** Sees to it that a program is there that takes a build of its own; skips the tests of a suite where it cannot be built. */
export function useTool(tool: GoTool): () => string {
  let path = "";
  before(tool.name, async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    if ((await findTool(tool)) === undefined && programPath("go") === undefined) {
      console.log(`      Left out: there is no Go to build ${tool.name}`);
      this.skip();
    }
    path = (await ensureTools([tool], consoleReport())).get(tool.name) ?? "";
  });
  return () => path;
}

/**
 * Gives the tests of a suite one cluster of a level, and skips them all, saying why, where it cannot run. Call it in
 * `describe`; the function that it returns gives the cluster within a test.
 */
export function useCluster(
  level: Level,
  options: Pick<StartClusterOptions, "gangs" | "schedulesGangs" | "kueue"> = {},
): () => Cluster {
  let cluster: Cluster | undefined;
  usePrograms(level);
  if (options.kueue) useTool(KUEUE);
  before(`a cluster of level ${level}`, async function () {
    this.timeout(START_TIMEOUT_MS);
    cluster = await startCluster({ level, ...options, report: consoleReport() });
  });
  after("no cluster", async function () {
    this.timeout(STOP_TIMEOUT_MS);
    await cluster?.[Symbol.asyncDispose]();
  });
  return () => defined(cluster, "the cluster");
}
