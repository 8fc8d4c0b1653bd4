import { kubeconfigPath, podApiServer } from "#lib/host/files/kubeconfig-path.ts";
import type { Host } from "#lib/host/run.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import { openAccess } from "#lib/rpc/access/access.ts";
import { implement, serve } from "#lib/rpc/server.ts";
import type { RunningServer } from "#lib/rpc/server.ts";
import { delay } from "#lib/system/clock.ts";
import { quotaOf } from "../config.ts";
import type { KubernetesEnvironment } from "../config.ts";
import { apiMetrics } from "../metrics.ts";
import { createControllerService } from "../service.ts";
import { KubernetesController } from "./controller.ts";
import { ClusterJobs } from "./jobs.ts";

/** How often health checks the watches. */
const HEALTH_INTERVAL_MS = 5_000;

/** Runs jobs as pods of a cluster. Ends with UNAVAILABLE when leadership was lost; the next replica continues. */
export async function runInCluster(env: KubernetesEnvironment, host: Host): Promise<void> {
  const { log, metrics, signal, ready } = host;
  using access = await openAccess(host.access, { log });
  using credentials = openCredentials();
  const client = new KubeClient(credentials, apiMetrics(metrics));
  const { namespaces, settings } = env;
  const lease = { namespace: env.PETAGE_NAMESPACE, name: env.PETAGE_LEASE_NAME, identity: env.PETAGE_POD_NAME };
  const may = (variable: "JOBS" | "NODES" | "PODS"): boolean => env[`PETAGE_READ_${variable}`] === "true";
  using controller = new KubernetesController({
    client,
    settings,
    namespaces,
    readJobs: may("JOBS"),
    readNodes: may("NODES"),
    readPods: may("PODS"),
    useKueue: env.PETAGE_USE_KUEUE === "true",
    lease,
    access,
    log,
    metrics,
  });
  const { jobs, pods } = controller;
  const api = new ClusterJobs({
    client,
    jobs,
    pods,
    namespaces,
    home: namespaces[0] || env.PETAGE_NAMESPACE,
    quota: quotaOf(env),
    maxRestarts: env.PETAGE_JOB_MAX_RESTARTS,
  });
  // It answers when it has seen all jobs; whether it leads makes no difference to who asks.
  const service = implement("ControllerService", createControllerService(api), { serving: false });
  await using server = await serve({
    host: env.PETAGE_HOST,
    port: env.PETAGE_PORT,
    services: [service],
    access,
    log,
    metrics,
  });
  const running = controller.run(signal);
  void controller.synced(signal).then(
    () => {
      server.setServing("ControllerService", true);
      log.info("Serving", { address: server.address });
      ready({ address: server.address });
    },
    () => undefined, // it ends before it has begun
  );
  void watchHealth(controller, server, signal);
  await running;
}

/** Those of a kubeconfig where there is one, else those of the pod. */
function openCredentials(): Credentials {
  const kubeconfig = kubeconfigPath();
  const server = podApiServer();
  return kubeconfig === undefined && server !== undefined ? Credentials.ofPod(server) : Credentials.load(kubeconfig);
}

/** A controller whose watches are dead acts on what is long past: it says that it is not alive, and is restarted. */
async function watchHealth(
  controller: KubernetesController,
  server: RunningServer,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delay(HEALTH_INTERVAL_MS, signal).catch(() => undefined);
    server.setAlive(controller.isAlive);
  }
}
