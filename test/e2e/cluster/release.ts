import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { Cluster } from "../../../scripts/cluster/cluster.ts";
import type { Forward } from "../../../scripts/cluster/forward.ts";
import { preparePetage, SMALL_VALUES } from "../../../scripts/cluster/petage.ts";
import { CHART } from "../../../scripts/deploy.ts";
import { testImages } from "../../../scripts/image/test-images.ts";
import { consoleReport } from "../../../scripts/setup/report.ts";
import { until } from "../../support/until.ts";

export const NAMESPACE = "petage";
export const CONFIG = { name: "resnet18_petage_quickstart" };
/** How often a small job saves. */
export const SAVED_EVERY = 5;
/** Half a minute to four minutes where nobody else works on this machine; pods yield to everybody. */
export const JOB_TIMEOUT_MS = 20 * 60_000;
const STEP_TIMEOUT_MS = 5 * 60_000;
/** Longer than what Helm and kubectl are told to wait. */
const WAIT_TIMEOUT_MS = 6 * 60_000;
const HELM_WAIT = ["--wait", "--timeout", "5m"];
const PORT = 50051;
/** A few hundred drawn pets. Its seed fixes what is drawn, so that whoever trains it as often gets the same numbers. */
const SMALL_JOB = {
  workers: 2,
  gpu: { count: 1 },
  resources: { requests: { cpu: "300m", memory: "512Mi" } },
  config: epochs(2),
  dataset: { synthetic: { count: 400 } },
  checkpoint: { everySteps: SAVED_EVERY },
};

/** A job that nothing disturbs, to which disturbed ones are compared. */
export const CALM = "calm";
export const CALM_SPEC = { config: epochs(4), checkpoint: { everySteps: SAVED_EVERY, retain: "Never" } };

export interface PodObject {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly resources: { readonly limits?: Readonly<Record<string, string>> } }[];
  };
}

/** The config of a small job, with so many epochs. */
export function epochs(count: number): object {
  return { ...CONFIG, cfgOptions: [`train_cfg.max_epochs=${count}`] };
}

/** petage of this checkout on a cluster with real nodes, and its jobs. */
export class Release {
  readonly cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** @param values further words for `helm install` */
  static async install(cluster: Cluster, gpus: number, values: readonly string[] = []): Promise<Release> {
    await preparePetage(cluster, { namespace: NAMESPACE, gpus }, consoleReport());
    const release = new Release(cluster);
    await release.helm("install", "petage", CHART, ...HELM_WAIT, ...SMALL_VALUES, ...values);
    return release;
  }

  /** @param values what is changed of the release */
  async upgrade(...values: readonly string[]): Promise<void> {
    await this.helm("upgrade", "petage", CHART, "--reuse-values", ...HELM_WAIT, ...values);
  }

  async uninstall(): Promise<void> {
    await this.helm("uninstall", "petage", ...HELM_WAIT);
  }

  async helm(...args: readonly string[]): Promise<string> {
    return await this.cluster.helm([...args, "--namespace", NAMESPACE], { timeoutMs: WAIT_TIMEOUT_MS });
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    return await this.cluster.kubectl(["--namespace", NAMESPACE, ...args], { timeoutMs: WAIT_TIMEOUT_MS });
  }

  /** A further node with GPUs, onto which nothing of the release itself has come. */
  async addNode(gpus: number): Promise<string> {
    const node = await this.cluster.startNode();
    await this.cluster.nodesReady();
    const images = await testImages(consoleReport());
    for (const archive of [images.petage, images.nats]) await this.cluster.loadImage(archive);
    await this.cluster.patchGpus(node, gpus);
    return node;
  }

  /** A way from this machine to the gRPC port of a Service, or of a pod. */
  async forward(kind: "service" | "pod", name: string): Promise<Forward> {
    const path = kind === "service" ? "{.spec.clusterIP}" : "{.status.podIP}";
    return await this.cluster.forward(await this.kubectl("get", kind, name, `--output=jsonpath=${path}`), PORT);
  }

  /** Starts a job of two workers, which trains for some seconds. */
  async start(name: string, spec: object = {}, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const metadata = { name, namespace: NAMESPACE, labels };
    const job = { apiVersion: "petage.dev/v1alpha1", kind: "TrainingJob", metadata, spec: { ...SMALL_JOB, ...spec } };
    await this.cluster.apply(job);
  }

  /** Lets the calm job run, unless it has, and returns it as it ended. Its folder goes when it does. */
  async calm(): Promise<TrainingJobObject> {
    await this.start(CALM, CALM_SPEC);
    return await this.succeeds(CALM);
  }

  async job(name: string): Promise<TrainingJobObject> {
    return JSON.parse(await this.kubectl("get", "tj", name, "--output=json")) as TrainingJobObject;
  }

  async pods(job: string): Promise<readonly PodObject[]> {
    const list = await this.kubectl("get", "pods", `--selector=petage.dev/job=${job}`, "--output=json");
    return (JSON.parse(list) as { items: PodObject[] }).items;
  }

  /** The node of each pod of a job that has one. */
  async nodesOf(job: string): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.pods(job)).map(({ metadata, spec }) => [metadata.name, spec.nodeName ?? ""]));
  }

  /** Waits until a job is as it should be; the failure tells how it was, and what its pods said. */
  async reaches(
    name: string,
    wanted: (job: TrainingJobObject) => boolean,
    timeoutMs = STEP_TIMEOUT_MS,
  ): Promise<TrainingJobObject> {
    let last: TrainingJobObject | undefined;
    const look = async (): Promise<TrainingJobObject | undefined> => {
      last = await this.job(name);
      const { phase } = last.status ?? {};
      if (wanted(last)) return last;
      if (phase === "Failed" || phase === "Succeeded") throw new Error(`It is ${phase}`);
      return undefined;
    };
    return await until(`job ${name} is as wanted`, look, timeoutMs).catch(async (error: unknown) => {
      const pods = await this.kubectl("get", "pods", "--output=wide");
      const ofJob = [`--selector=petage.dev/job=${name}`, "--tail=15", "--prefix"];
      const logs = await this.kubectl("logs", ...ofJob).catch(String);
      const controller = await this.kubectl("logs", "deployment/petage-controller", "--tail=30").catch(String);
      const told = [JSON.stringify(last?.status, undefined, 1), pods, logs, controller].join("\n");
      throw new Error(`${String(error)}\n${told}`, { cause: error });
    });
  }

  async isIn(name: string, phase: string, timeoutMs?: number): Promise<TrainingJobObject> {
    return await this.reaches(name, ({ status }) => status?.phase === phase, timeoutMs);
  }

  /** It trains, and has done some steps. */
  async trains(name: string): Promise<TrainingJobObject> {
    return await this.reaches(name, ({ status }) => status?.phase === "Running" && (status.progress?.step ?? 0) > 0);
  }

  async succeeds(name: string): Promise<TrainingJobObject> {
    return await this.isIn(name, "Succeeded", JOB_TIMEOUT_MS);
  }
}

/** What a run comes to: equal weights come of equal curves. */
export function outcomeOf({ status }: TrainingJobObject): object {
  const { step, loss, validationMetrics } = status?.progress ?? {};
  return { step, loss, validationMetrics, weights: status?.lastCheckpoint?.sha256 };
}
