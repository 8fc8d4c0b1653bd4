import { join } from "node:path";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import type { TrainingJobStatus } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { petage } from "#test/support/cli.ts";
import type { CommandResult } from "#test/support/cli.ts";
import { useCluster } from "#test/support/cluster.ts";
import { ROOT } from "#test/support/sources.ts";
import { until } from "#test/support/until.ts";
import type { Cluster } from "../../../scripts/cluster/cluster.ts";
import type { Level } from "../../../scripts/cluster/tools.ts";
import type { JobManifest } from "../../../cli/jobs/job-api.ts";
import { KubeJobs } from "../../../cli/jobs/kube-jobs.ts";

const CRD = join(ROOT, "deploy/crd/trainingjobs.petage.dev.yaml");
const NAMESPACES = { group: "", version: "v1", plural: "namespaces" };

export interface JobsCluster {
  readonly cluster: () => Cluster;
  readonly client: KubeClient;
  readonly jobs: KubeJobs;
  /** Of the running test alone. */
  readonly namespace: string;
  manifest(name: string, spec?: Partial<JobManifest["spec"]>): JobManifest;
  /** Creates a job. */
  make(name: string, spec?: Partial<JobManifest["spec"]>): Promise<TrainingJobObject>;
  /** Says of a job what the controller would. */
  report(name: string, status: TrainingJobStatus): Promise<void>;
  /** Runs `petage job ...` in the test's namespace. */
  run(...args: readonly string[]): Promise<CommandResult>;
}

/** Gives the tests of a suite a real API server that knows TrainingJobs; nobody runs them. Call it in `describe`. */
export function useJobsCluster(level: Level): JobsCluster {
  const cluster = useCluster(level);
  const here = { namespace: "" } as { client: KubeClient; jobs: KubeJobs; namespace: string };
  let credentials: Credentials | undefined;
  let count = 0;

  before("install the resource", async () => {
    credentials = Credentials.load(cluster().kubeconfig);
    here.client = new KubeClient(credentials);
    await cluster().kubectl(["apply", "--filename", CRD]);
    const isServed = () => here.client.list(TRAINING_JOBS, { namespace: "default" }).catch(() => null);
    await until("the path of training jobs", isServed, 30_000);
  });
  after(() => credentials?.[Symbol.dispose]());
  beforeEach("a namespace of its own", async () => {
    here.namespace = `test-${++count}`;
    await here.client.create(NAMESPACES, { metadata: { name: here.namespace } });
    if (credentials) here.jobs = new KubeJobs(credentials, here.namespace);
  });

  const manifest: JobsCluster["manifest"] = (name, spec = {}) => ({
    apiVersion: "petage.dev/v1alpha1",
    kind: "TrainingJob",
    metadata: { name, namespace: here.namespace },
    spec: { workers: 2, config: { name: "resnet18_petage_quickstart" }, ...spec },
  });
  return Object.assign(here, {
    cluster,
    manifest,
    make: (name: string, spec: Partial<JobManifest["spec"]> = {}) =>
      here.client.create<TrainingJobObject>(TRAINING_JOBS, manifest(name, spec)),
    async report(name: string, status: TrainingJobStatus) {
      const place = { namespace: here.namespace, name, subresource: "status" as const };
      await here.client.merge(TRAINING_JOBS, place, { patch: { status } });
    },
    run: (...args: readonly string[]) => petage(["job", ...args], { env: { KUBECONFIG: cluster().kubeconfig } }),
  });
}
