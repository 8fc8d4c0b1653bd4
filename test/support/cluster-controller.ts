import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { defined } from "#lib/base/assert.ts";
import { KubeClient } from "#lib/k8s/client.ts";
import { Credentials } from "#lib/k8s/credentials.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobSpec } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { EVENTS, pathOf, PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { PROJECT_ROOT } from "#lib/host/paths.ts";
import { startController } from "./controller.ts";
import type { TestController } from "./controller.ts";
import { until } from "./until.ts";

/** Of its requests, and of those that tests make with a `KubeClient`; kubectl has another. */
export const CONTROLLER_USER_AGENT = "petage";

const NAMESPACES = { group: "", version: "v1", plural: "namespaces" };
const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions" };
const VOLUMES = { group: "", version: "v1", plural: "persistentvolumes" };
const CLAIMS = { group: "", version: "v1", plural: "persistentvolumeclaims" };
const SERVICE_ACCOUNTS = { group: "", version: "v1", plural: "serviceaccounts" };

/** The controller records events beside its work. */
const EVENT_TIMEOUT_MS = 10_000;

/** What the chart would give to a controller of this namespace, with quick leases left to the default. */
export function controllerEnvironment(namespace: string, kubeconfig: string): Record<string, string> {
  return {
    KUBECONFIG: kubeconfig,
    PETAGE_LAUNCHER: "kubernetes",
    PETAGE_POD_NAME: `controller-${process.hrtime.bigint()}`,
    PETAGE_NAMESPACE: namespace,
    PETAGE_LEASE_NAME: "petage-controller",
    PETAGE_WATCH_NAMESPACES: namespace,
    PETAGE_READ_NODES: "true",
    PETAGE_READ_PODS: "true",
    PETAGE_JOB_IMAGE: "petage:test",
    PETAGE_JOB_SERVICE_ACCOUNT: "petage-worker",
    PETAGE_JOB_INSTANCE: "petage",
    PETAGE_JOB_NATS_URL: "nats://petage-nats:4222",
    PETAGE_JOB_NATS_SECRET: "petage-nats",
    PETAGE_DATA_CLAIM: "petage-data",
    PETAGE_OUTPUT_CLAIM: "petage-output",
  };
}

export const POD_GROUPS: ResourceType = { group: "scheduling.k8s.io", version: "v1beta1", plural: "podgroups" };

interface EventObject extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly count: number;
}

const STRAIGHT_WAY: ReadonlySet<string> = new Set(
  ["Created", "Admitted", "Running", "Checkpoint", "Completed"].map((reason) => `Normal ${reason}`),
);

/** What kwok makes of a pod: `{ "complete-after": "1s" }`. */
export type Behaviour = Readonly<
  Partial<Record<"start-after" | "complete-after" | "fail-after" | "exit-code" | "reason" | "message", string | null>>
>;

function annotationsOf(behaviour: Behaviour): Record<string, string> {
  const annotations = Object.entries(behaviour).map(([key, value]) => [`fake.petage.dev/${key}`, value]);
  return Object.fromEntries(annotations) as Record<string, string>;
}

/** What kwok makes of the trainers of a job. */
export function fake(behaviour: Behaviour): Pick<TrainingJobSpec, "podTemplate"> {
  return { podTemplate: { metadata: { annotations: annotationsOf(behaviour) } } };
}

/** A namespace of a cluster with everything that a controller and its jobs need of it. */
export class JobCluster implements Disposable {
  readonly #credentials: Credentials;
  readonly client: KubeClient;
  readonly namespace: string;
  readonly kubeconfig: string;

  private constructor(kubeconfig: string, namespace: string) {
    this.kubeconfig = kubeconfig;
    this.namespace = namespace;
    this.#credentials = Credentials.load(kubeconfig);
    this.client = new KubeClient(this.#credentials);
  }

  static async prepare(kubeconfig: string, namespace: string): Promise<JobCluster> {
    const here = new JobCluster(kubeconfig, namespace);
    const { client } = here;
    const crd: KubeObject = parse(
      await readFile(join(PROJECT_ROOT, "deploy/crd/trainingjobs.petage.dev.yaml"), "utf8"),
    ) as KubeObject;
    await client.create(CRDS, crd).catch(ifThere);
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await client.create(NAMESPACES, { metadata: { name: namespace, labels } }).catch(ifThere);
    await client.create(SERVICE_ACCOUNTS, { metadata: { name: "petage-worker", namespace } }).catch(ifThere);
    for (const claim of ["petage-data", "petage-output"]) await here.#makeClaim(claim);
    await until("the resource is served", async () => {
      const list = await client.list(TRAINING_JOBS, { namespace }).catch(() => undefined);
      return list !== undefined;
    });
    return here;
  }

  /** A claim and the volume for it: the cluster has nothing that would make volumes. */
  async #makeClaim(name: string): Promise<void> {
    const { client, namespace } = this;
    const shape = { accessModes: ["ReadWriteMany"], storageClassName: "" };
    const volume = {
      metadata: { name: `${namespace}-${name}` },
      spec: { ...shape, capacity: { storage: "1Gi" }, hostPath: { path: "/tmp" }, claimRef: { namespace, name } },
    };
    const claim = {
      metadata: { name, namespace },
      spec: { ...shape, resources: { requests: { storage: "1Gi" } }, volumeName: volume.metadata.name },
    };
    await client.create(VOLUMES, volume).catch(ifThere);
    await client.create(CLAIMS, claim).catch(ifThere);
  }

  async startController(environment: Readonly<Record<string, string>> = {}): Promise<TestController> {
    return await startController({ ...controllerEnvironment(this.namespace, this.kubeconfig), ...environment });
  }

  async apply(name: string, spec: Partial<TrainingJobSpec> = {}): Promise<TrainingJobObject> {
    const job = {
      apiVersion: "petage.dev/v1alpha1",
      kind: "TrainingJob",
      metadata: { name, namespace: this.namespace },
      spec: { config: { name: "resnet18_petage_quickstart" }, ...spec },
    };
    return await this.client.create<TrainingJobObject>(TRAINING_JOBS, job, { strict: true });
  }

  async change(name: string, spec: object): Promise<void> {
    await this.client.merge(TRAINING_JOBS, { namespace: this.namespace, name }, { patch: { spec } });
  }

  async get(name: string): Promise<TrainingJobObject> {
    return await this.client.get<TrainingJobObject>(TRAINING_JOBS, { namespace: this.namespace, name });
  }

  async pods(job: string): Promise<readonly Pod[]> {
    const query = { labelSelector: `petage.dev/job=${job}` };
    return (await this.client.list<Pod>(PODS, { namespace: this.namespace, query })).items;
  }

  async deletePod(name: string): Promise<void> {
    await this.client.delete(PODS, { namespace: this.namespace, name });
  }

  async deleteJob(name: string): Promise<void> {
    await this.client.delete(TRAINING_JOBS, { namespace: this.namespace, name });
  }

  /** Lets a fake pod do something other than its job says: `obey("a-0-1", { "fail-after": "0s" })`. */
  async obey(pod: string, behaviour: Behaviour): Promise<void> {
    const patch = { metadata: { annotations: annotationsOf(behaviour) } };
    await this.client.merge(PODS, { namespace: this.namespace, name: pod }, { patch });
  }

  /** Makes room on a node as `kubectl drain` does. */
  async evict(pod: string): Promise<void> {
    const metadata = { name: pod, namespace: this.namespace };
    const path = pathOf(PODS, { ...metadata, subresource: "eviction" });
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata };
    await this.client.call({ method: "POST", path, body });
  }

  /** Waits until `kubectl describe` shows these of a job besides the straight way, each as "Type Reason". */
  async hasEvents(job: string, expected: readonly string[]): Promise<void> {
    let last: readonly string[] = [];
    const look = async (): Promise<boolean> => {
      last = (await this.told(job)).filter((event) => !STRAIGHT_WAY.has(event));
      return isDeepStrictEqual(last, expected);
    };
    await until(`the events of ${job}`, look, EVENT_TIMEOUT_MS).catch(() => assert.deepEqual(last, expected));
  }

  /** Waits until it shows this one among others. */
  async hasEvent(job: string, expected: string): Promise<void> {
    await until(`${expected} of ${job}`, async () => (await this.told(job)).includes(expected), EVENT_TIMEOUT_MS);
  }

  /**
   * All that it shows, the last that happened last; what happened several times comes as often. But for what a busy
   * scheduler may say of pods that it has just seen.
   */
  async told(job: string): Promise<readonly string[]> {
    const query = { fieldSelector: `involvedObject.kind=TrainingJob,involvedObject.name=${job}` };
    const events = await this.client.list<EventObject>(EVENTS, { namespace: this.namespace, query });
    const told = events.items.filter(({ reason }) => reason !== "Unschedulable" && reason !== "SchedulerError");
    const version = ({ metadata }: EventObject): number => Number(metadata.resourceVersion);
    const inOrder = told.toSorted((one, other) => version(one) - version(other));
    return inOrder.flatMap(({ type, reason, count }) => Array<string>(count).fill(`${type} ${reason}`));
  }

  /** Anything else of this namespace. */
  async list<T extends KubeObject = KubeObject>(type: ResourceType): Promise<readonly T[]> {
    return (await this.client.list<T>(type, { namespace: this.namespace })).items;
  }

  /** Waits until a job is as it should be; the failure tells how it was instead. */
  async reaches(
    name: string,
    wanted: (job: TrainingJobObject) => boolean,
    timeoutMs = 30_000,
  ): Promise<TrainingJobObject> {
    let last: TrainingJobObject | undefined;
    const look = async (): Promise<TrainingJobObject | undefined> => {
      last = await this.get(name);
      return wanted(last) ? last : undefined;
    };
    return await until(`job ${name} is as wanted`, look, timeoutMs).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(defined(last, "the job").status, undefined, 1)}`, {
        cause: error,
      });
    });
  }

  async isIn(name: string, phase: string, timeoutMs?: number): Promise<TrainingJobObject> {
    return await this.reaches(name, ({ status }) => status?.phase === phase, timeoutMs);
  }

  [Symbol.dispose](): void {
    this.#credentials[Symbol.dispose]();
  }
}

function ifThere(error: unknown): void {
  if (!String(error).includes("already exists")) throw error;
}
