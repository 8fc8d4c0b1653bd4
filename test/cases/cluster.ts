import { readFile } from "node:fs/promises";
import { parseAllDocuments } from "yaml";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { KubeObject } from "#lib/k8s/objects.ts";
import { JobCluster } from "#test/support/cluster-controller.ts";
import type { TestController } from "#test/support/controller.ts";
import type { Cluster } from "../../scripts/cluster/cluster.ts";
import { startCluster } from "../../scripts/cluster/start.ts";
import { clusterSupport } from "../../scripts/cluster/support.ts";
import { consoleReport } from "../../scripts/setup/report.ts";
import { Skipped } from "./case.ts";

const LEVEL = 2;
const NAMESPACE = "cases";
const NODES = 2;
const GPUS = 4;

export interface CaseClusterOptions {
  /** Whether Kubernetes itself starts gangs together. It does by default. */
  readonly gangs?: boolean;
  /** Devices of each node besides its GPUs, by the resource's name. */
  readonly devices?: Readonly<Record<string, number>>;
}

/** A real API server and scheduler, nodes with GPUs that are played, and the controller. */
export class CaseCluster implements AsyncDisposable {
  readonly jobs: JobCluster;
  readonly #cluster: Cluster;
  readonly #controller: TestController;

  private constructor(cluster: Cluster, jobs: JobCluster, controller: TestController) {
    this.#cluster = cluster;
    this.jobs = jobs;
    this.#controller = controller;
  }

  /** @throws Skipped where such a cluster cannot run. */
  static async start({ gangs = true, devices = {} }: CaseClusterOptions = {}): Promise<CaseCluster> {
    const support = await clusterSupport(LEVEL);
    if (!support.available) throw new Skipped(`a cluster of level ${LEVEL} cannot run: ${support.why}`);
    const report = { ...consoleReport(), say: (line: string) => console.error(line) };
    const cluster = await startCluster({ level: LEVEL, gangs, report });
    await cluster.addFakeNodes(NODES, { gpus: GPUS, devices });
    const jobs = await JobCluster.prepare(cluster.kubeconfig, NAMESPACE);
    return new CaseCluster(cluster, jobs, await jobs.startController());
  }

  /** Creates everything in a manifest, and returns its jobs as they are then. */
  async apply(file: string): Promise<readonly TrainingJobObject[]> {
    const documents = parseAllDocuments(await readFile(file, "utf8"));
    const jobs: TrainingJobObject[] = [];
    for (const document of documents) {
      const object = document.toJS() as KubeObject;
      if (object.kind === "TrainingJob") jobs.push(await this.#create(object as TrainingJobObject));
      else await this.#cluster.apply(object);
    }
    return jobs;
  }

  async #create(job: TrainingJobObject): Promise<TrainingJobObject> {
    const metadata = { ...job.metadata, namespace: NAMESPACE };
    return await this.jobs.client.create(TRAINING_JOBS, { ...job, metadata }, { strict: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controller[Symbol.asyncDispose]();
    this.jobs[Symbol.dispose]();
    await this.#cluster[Symbol.asyncDispose]();
  }
}
