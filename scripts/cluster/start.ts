import { fileURLToPath } from "node:url";
import { consoleReport } from "../setup/report.ts";
import type { Report } from "../setup/report.ts";
import { PetageError } from "#lib/base/errors.ts";
import { apiServerReady, startApiServer, startEtcd } from "./api-server.ts";
import { ensureBinaries, ensureTools, searchPath } from "./binaries.ts";
import { Authority } from "./certificates.ts";
import { Cluster } from "./cluster.ts";
import { forwardApi } from "./forward.ts";
import { startKueue } from "./kueue.ts";
import { enterNamespaces } from "./network.ts";
import { ClusterProcesses } from "./processes.ts";
import { schedulingReady, startScheduling } from "./scheduling.ts";
import { addUser } from "./site.ts";
import type { Site } from "./site.ts";
import { takeSlot, thisProcess } from "./slot.ts";
import type { ClusterState } from "./slot.ts";
import { clusterSupport } from "./support.ts";
import { takeDown, takeDownAbandoned } from "./teardown.ts";
import { KUEUE } from "./tools.ts";
import type { Level } from "./tools.ts";

/** Where this program lies. */
export const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));

export interface StartClusterOptions {
  readonly level: Level;
  /** Whether its API server and scheduler know groups of pods, which is an API that clusters may not have. They do by default. */
  readonly gangs?: boolean;
  /** Whether the scheduler knows those that the API server takes. It does by default. */
  readonly schedulesGangs?: boolean;
  /** Whether Kueue runs beside it (level 2). */
  readonly kueue?: boolean;
  /** Whether the cluster ends with this process, however that ends. It does by default. */
  readonly owned?: boolean;
  readonly report?: Report;
  readonly signal?: AbortSignal;
}

/**
 * Starts a cluster, after building the programs that it needs if they are not in the cache.
 * @throws FAILED_PRECONDITION when this machine cannot run it (see `clusterSupport`); PROCESS_FAILED and
 * DEADLINE_EXCEEDED when it does not come up. Nothing is left behind then.
 */
export async function startCluster(options: StartClusterOptions): Promise<Cluster> {
  const { level, gangs = true, schedulesGangs = gangs, kueue = false, owned = true } = options;
  const { report = consoleReport(), signal } = options;
  const support = await clusterSupport(level);
  if (!support.available) {
    throw new PetageError("FAILED_PRECONDITION", `Cannot run a test cluster of level ${level}: ${support.why}`);
  }
  const more = kueue ? await ensureTools([KUEUE], report) : [];
  const binaries = new Map([...(await ensureBinaries(level, report)), ...more]);
  await takeDownAbandoned();
  const owner = owned && { owner: thisProcess() };
  const state: ClusterState = { level, checkout: CHECKOUT, processes: [], ready: false, ...owner };
  const slot = takeSlot(state);
  try {
    const processes = new ClusterProcesses(slot, state, searchPath(binaries));
    const inside = level === 3 ? await enterNamespaces(slot, processes, signal) : [];
    const authority = await Authority.create(slot.folder);
    return await boot({ level, gangs, schedulesGangs, kueue, slot, binaries, processes, authority, inside, signal });
  } catch (error) {
    await takeDown(slot);
    throw error;
  }
}

async function boot(site: Site): Promise<Cluster> {
  const admin = { name: "admin", group: "system:masters" };
  const kubeconfig = await addUser(site, "admin", admin);
  startEtcd(site);
  await startApiServer(site);
  if (site.level === 3) await forwardApi(site);
  await apiServerReady(site);
  const cluster = new Cluster(site, kubeconfig);
  if (site.level >= 2) await startScheduling(site);
  if (site.level === 3) await cluster.startNode();
  if (site.level >= 2) await schedulingReady(site, cluster);
  await cluster.nodesReady();
  if (site.kueue) await startKueue(site, cluster);
  site.processes.markReady();
  return cluster;
}
