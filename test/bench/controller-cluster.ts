import { readFileSync } from "node:fs";
import { PetageError } from "#lib/base/errors.ts";
import { silentLog } from "#lib/base/log.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { describeExit, startProcess } from "#lib/host/process/processes.ts";
import type { RunningProcess } from "#lib/host/process/processes.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { ResourceType } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import { Store } from "#lib/k8s/store.ts";
import { controllerEnvironment, JobCluster } from "#test/support/cluster-controller.ts";
import { until } from "#test/support/until.ts";
import type { AuditEvent } from "../../scripts/cluster/audit.ts";
import type { Cluster } from "../../scripts/cluster/cluster.ts";
import { startCluster } from "../../scripts/cluster/start.ts";
import type { BenchContext } from "./benchmark.ts";

/** Where the jobs are. */
export const NAMESPACE = "bench";
/** Few and large: what is measured is who makes pods, not who finds them a place. */
const NODES = { count: 20, gpus: 1000, pods: 1000 };
/** So little that the pods of all cases fit. */
const LITTLE = { requests: { cpu: "1m", memory: "1Mi" } };
/** What Node takes by itself where it has the 512 MiB that the chart gives the controller. */
const HEAP_OF_CHART = "--max-old-space-size=256 --max-semi-space-size=1";
const SCHEDULER = "kube-scheduler";
const WAIT_MS = 600_000;
const BYTES_PER_KIB = 1024;

/** The spec of a job of so many trainers with a GPU each; with its data-loader and evaluator it has two pods more. */
export function benchSpec(trainers: number, more: Partial<TrainingJobSpec> = {}): TrainingJobSpec {
  return {
    config: { name: "resnet18_petage_quickstart" },
    workers: trainers,
    gpu: { count: 1 },
    resources: LITTLE,
    dataLoader: { resources: LITTLE },
    evaluator: { resources: LITTLE },
    ...more,
  };
}

/** The controller in a process of its own, and the cluster that it works on. */
export interface BenchSite {
  readonly jobs: JobCluster;
  /** The requests so far. */
  auditLog(): readonly AuditEvent[];
  /** Waits until jobs are as wanted, by a watch of our own: it asks nothing of the API server. */
  reach(names: readonly string[], wanted: (job: TrainingJobObject) => boolean): Promise<void>;
  /** Lets pods find nodes, or not: its scheduler works as hard as all others together. */
  schedule(on: boolean): Promise<void>;
  /** Removes all jobs and pods. */
  clear(): Promise<void>;
  /** Memory of the controller's process, bytes: `VmRSS` now, `VmHWM` at its highest. */
  memoryBytes(field: "VmRSS" | "VmHWM"): number;
  /** The controller's metrics, in Prometheus' text format. */
  metrics(): Promise<string>;
}

/** Runs `body` on a cluster of its own with a real API server, scheduler and controllers, and fake nodes. */
export async function* onBenchCluster<T>(
  { say }: BenchContext,
  body: (site: BenchSite) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const report = {
    interactive: false,
    say,
    bar: (title: string) => (say(title), { update() {}, [Symbol.dispose]() {} }),
  };
  await using cluster = await startCluster({ level: 2, report });
  const { count, ...nodes } = NODES;
  await cluster.addFakeNodes(count, nodes);
  using jobs = await JobCluster.prepare(cluster.kubeconfig, NAMESPACE);
  const end = new AbortController();
  const seen = new Store<TrainingJobObject>();
  const watch = { client: jobs.client, type: TRAINING_JOBS, namespace: NAMESPACE, store: seen, log: silentLog };
  const watching = new Reflector(watch).run(end.signal);
  try {
    await using controller = startProcess({
      name: "controller",
      entry: serviceEntry("controller"),
      environment: {
        ...controllerEnvironment(NAMESPACE, cluster.kubeconfig),
        PETAGE_METRICS_PORT: "0",
        NODE_OPTIONS: HEAP_OF_CHART,
      },
    });
    const { metrics } = await controller.ready();
    yield* body(siteOf({ cluster, jobs, seen, controller, metrics: String(metrics) }));
  } finally {
    end.abort();
    await watching;
  }
}

/** A call that deletes thousands takes longer than a call may; what it has not reached, the next one does. */
function ifLate(error: unknown): false {
  if (PetageError.from(error).code === "DEADLINE_EXCEEDED") return false;
  throw error;
}

interface Parts {
  readonly cluster: Cluster;
  readonly jobs: JobCluster;
  readonly seen: Store<TrainingJobObject>;
  readonly controller: RunningProcess;
  readonly metrics: string;
}

function siteOf({ cluster, jobs, seen, controller, metrics }: Parts): BenchSite {
  const died = controller.exited.then((exit) => {
    throw new PetageError("PROCESS_FAILED", describeExit("The controller", exit));
  });
  died.catch(() => {}); // it ends with the benchmark
  const find = (name: string): TrainingJobObject | undefined => seen.get(`${NAMESPACE}/${name}`);
  const remove = async (type: ResourceType): Promise<void> => {
    const all = { namespace: NAMESPACE, labelSelector: "" };
    const removed = (): Promise<boolean> =>
      jobs.client.deleteCollection(type, all, { gracePeriodSeconds: 0 }).then(() => true, ifLate);
    await until(`the ${type.plural} are gone`, removed, WAIT_MS);
  };
  return {
    jobs,
    auditLog: () => cluster.auditLog(),
    async reach(names, wanted) {
      const isReached = (name: string): boolean => {
        const job = find(name);
        return job !== undefined && wanted(job);
      };
      const reached = until(`${names.length} jobs are as wanted`, () => names.every(isReached), WAIT_MS);
      await Promise.race([reached, died]);
    },
    schedule: (on) => (on ? cluster.restart(SCHEDULER) : cluster.kill(SCHEDULER)),
    async clear() {
      await remove(TRAINING_JOBS);
      await until("the jobs are gone", () => seen.size === 0, WAIT_MS);
      await remove(PODS);
    },
    memoryBytes(field) {
      const line = new RegExp(`^${field}:\\s+(?<kib>\\d+) kB$`, "m");
      const found = line.exec(readFileSync(`/proc/${controller.pid}/status`, "utf8"));
      return Number(found?.groups?.["kib"]) * BYTES_PER_KIB;
    },
    metrics: async () => await (await fetch(`http://${metrics}/metrics`)).text(),
  };
}
