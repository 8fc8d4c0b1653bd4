import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { Cluster } from "../../../scripts/cluster/cluster.ts";
import { preparePetage, SMALL_VALUES } from "../../../scripts/cluster/petage.ts";
import { CHART } from "../../../scripts/deploy.ts";
import { testImages } from "../../../scripts/image/test-images.ts";
import { consoleReport } from "../../../scripts/setup/report.ts";
import { until } from "../../support/until.ts";

export const NAMESPACE = "petage";
const STEP_TIMEOUT_MS = 10 * 60_000;
/** Its seed fixes what is drawn, so that whoever trains it as often gets the same numbers. */
const SMALL_JOB = {
  workers: 2,
  gpu: { count: 1 },
  resources: { requests: { cpu: "300m", memory: "512Mi" } },
  config: { name: "resnet18_petage_quickstart", cfgOptions: ["train_cfg.max_epochs=2"] },
  dataset: { synthetic: { count: 400 } },
  checkpoint: { everySteps: 5 },
};

/** petage of this checkout on a cluster with real nodes, and its jobs. */
export class Release {
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** @param values further words for `helm install` */
  static async install(cluster: Cluster, gpus: number, values: readonly string[] = []): Promise<Release> {
    await preparePetage(cluster, { namespace: NAMESPACE, gpus }, consoleReport());
    const install = ["install", "petage", CHART, "--namespace", NAMESPACE, "--wait", "--timeout", "5m"];
    await cluster.helm([...install, ...SMALL_VALUES, ...values]);
    return new Release(cluster);
  }

  /** A further node with GPUs, onto which nothing of the release itself has come. */
  async addNode(gpus: number): Promise<string> {
    const node = await this.#cluster.startNode();
    await this.#cluster.nodesReady();
    const images = await testImages(consoleReport());
    for (const archive of [images.petage, images.nats]) await this.#cluster.loadImage(archive);
    await this.#cluster.patchGpus(node, gpus);
    return node;
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    return await this.#cluster.kubectl(["--namespace", NAMESPACE, ...args]);
  }

  /** Starts a job of two workers, which trains for some seconds. */
  async start(name: string, spec: object = {}, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const metadata = { name, namespace: NAMESPACE, labels };
    const job = { apiVersion: "petage.dev/v1alpha1", kind: "TrainingJob", metadata, spec: { ...SMALL_JOB, ...spec } };
    await this.#cluster.apply(job);
  }

  async job(name: string): Promise<TrainingJobObject> {
    return JSON.parse(await this.kubectl("get", "tj", name, "--output=json")) as TrainingJobObject;
  }

  /** The node of each pod of a job that has one. */
  async nodesOf(job: string): Promise<ReadonlyMap<string, string>> {
    const list = await this.kubectl("get", "pods", `--selector=petage.dev/job=${job}`, "--output=json");
    const { items } = JSON.parse(list) as {
      items: readonly { metadata: { name: string }; spec: { nodeName?: string } }[];
    };
    return new Map(items.map(({ metadata, spec }) => [metadata.name, spec.nodeName ?? ""]));
  }

  /** Waits until a job is as it should be; the failure tells how it was, and what its pods said. */
  async reaches(name: string, wanted: (job: TrainingJobObject) => boolean): Promise<TrainingJobObject> {
    let last: TrainingJobObject | undefined;
    const look = async (): Promise<TrainingJobObject | undefined> => {
      last = await this.job(name);
      if (wanted(last)) return last;
      if (last.status?.phase === "Failed") throw new Error("It is Failed");
      return undefined;
    };
    return await until(`job ${name} is as wanted`, look, STEP_TIMEOUT_MS).catch(async (error: unknown) => {
      const pods = await this.kubectl("get", "pods", "--output=wide");
      const logs = await this.kubectl("logs", `--selector=petage.dev/job=${name}`, "--tail=15", "--prefix").catch(
        String,
      );
      const controller = await this.kubectl("logs", "deployment/petage-controller", "--tail=30").catch(String);
      const told = [JSON.stringify(last?.status, undefined, 1), pods, logs, controller].join("\n");
      throw new Error(`${String(error)}\n${told}`, { cause: error });
    });
  }

  async trains(name: string): Promise<TrainingJobObject> {
    return await this.reaches(name, ({ status }) => status?.phase === "Running" && (status.progress?.step ?? 0) > 0);
  }

  async succeeds(name: string): Promise<TrainingJobObject> {
    return await this.reaches(name, ({ status }) => status?.phase === "Succeeded");
  }
}

/** What a run comes to: equal weights come of equal curves. */
export function outcomeOf({ status }: TrainingJobObject): object {
  const { step, loss, validationMetrics } = status?.progress ?? {};
  return { step, loss, validationMetrics, weights: status?.lastCheckpoint?.sha256 };
}
