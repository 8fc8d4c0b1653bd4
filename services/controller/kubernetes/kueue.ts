import { compact } from "#lib/base/compact.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { Instant, JobStatus, Problem } from "#lib/jobs/job-state.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { ResolvedJob } from "#lib/jobs/resolved-job.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { jobOfWorkload, KUEUE_GROUP, KUEUE_VERSIONS, workloadName, workloadsOf } from "#lib/k8s/job/kueue.ts";
import type { KueueVersion, Workload } from "#lib/k8s/job/kueue.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import { exitOf } from "#lib/k8s/job/observe.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { Gang } from "#lib/k8s/job/pod-group.ts";
import { flavorNames, flavorsOf, podSetsOf } from "#lib/k8s/job/pod-sets.ts";
import type { PodSets, ResourceFlavor } from "#lib/k8s/job/pod-sets.ts";
import type { JobSettings } from "#lib/k8s/job/settings.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { priorityClassOf, queueOf, slimWorkload } from "#lib/k8s/job/workload.ts";
import { planWorkload, standingOf } from "#lib/k8s/job/workload-plan.ts";
import type { Wanted } from "#lib/k8s/job/workload-plan.ts";
import { ALL_NAMESPACES, controllerOf, keyOf } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import { Store } from "#lib/k8s/store.ts";
import { delay } from "#lib/system/clock.ts";
import { WorkloadWriter } from "./workload-writer.ts";

/** How often it is looked whether the cluster has Kueue by now. */
const DISCOVERY_INTERVAL_MS = 10_000;

export interface KueueOptions {
  readonly client: KubeClient;
  /** Whether the chart lets the controller use Kueue. */
  readonly isAllowed: boolean;
  readonly namespaces: readonly string[];
  readonly pods: Store<Pod>;
  readonly settings: JobSettings;
  readonly log: Log;
  /** The gangs that the cluster has. */
  gangs(): readonly Gang[];
  /** Throws when this process may not write any more. */
  mayWrite(): void;
  now(): Instant;
}

/** Where a job stands in its queue. */
export interface Admission {
  /** Why it may not run. */
  readonly queued?: Problem;
  /** Trainers for which it has quota. */
  readonly trainers?: number;
  /** What its pods get for having been admitted. */
  podSets(): Promise<PodSets>;
}

/** What came of a look at the Workload of a job. */
export interface Synced {
  /** Where the job stands; absent where it asks for no queue. */
  readonly admission?: Admission;
  /** Why Kueue could not be told what it should know: it is to be told again. */
  readonly failure?: PetageError | undefined;
}

export interface QueuedJob {
  readonly job: TrainingJobObject;
  readonly status: JobStatus;
  readonly resolved: ResolvedJob;
}

/** Lets Kueue decide when jobs run that ask for a queue: to Kueue they are a kind of jobs of somebody else's. */
export class Kueue {
  readonly #options: KueueOptions;
  readonly #workloads = new Store<Workload>(slimWorkload);
  readonly #reflectors = new Map<string, Reflector<Workload>>();
  /** Of what was admitted when, by the uid of the Workload. */
  readonly #podSets = new Map<string, { readonly since: string; readonly podSets: PodSets }>();
  /** Null where the cluster has none; undefined as long as nobody knows. */
  #version: KueueVersion | null | undefined;
  #writer: WorkloadWriter | undefined;

  constructor(options: KueueOptions) {
    this.#options = options;
    this.#workloads.onChange(({ before, after }) => {
      if (before && !after) this.#podSets.delete(before.metadata.uid ?? "");
    });
  }

  /** Calls with the key of a job, `namespace/name`, whenever something happens to its Workload. */
  onChange(listener: (key: string) => void): void {
    this.#workloads.onChange(({ before, after }) => {
      const workload = after ?? before;
      const job = workload && jobOfWorkload(workload);
      if (job !== undefined) listener(`${workload?.metadata.namespace}/${job}`);
    });
  }

  /**
   * Follows the Workloads of all namespaces with jobs, from when the cluster has Kueue until the signal aborts.
   * @param onReady called whenever jobs may be looked at that could not be before
   */
  async run(signal: AbortSignal, onReady: () => void): Promise<void> {
    const { isAllowed, namespaces, client, log } = this.#options;
    const workloads = this.#workloads;
    if (!isAllowed) return;
    for (; !signal.aborted; await delay(DISCOVERY_INTERVAL_MS, signal).catch(() => undefined)) {
      const before = this.#version;
      await this.#discover(signal);
      if (this.#version) break;
      if (this.#version !== before) onReady();
    }
    if (!this.#version) return;
    const type = workloadsOf(this.#version);
    this.#writer = new WorkloadWriter({ ...this.#options, workloads, version: this.#version });
    const running = namespaces.map((namespace) => {
      const reflector = new Reflector({ client, type, namespace, store: workloads, log });
      this.#reflectors.set(namespace, reflector);
      for (const known of [reflector.answered, reflector.synced]) void known.then(onReady);
      return reflector.run(signal);
    });
    await Promise.all(running);
  }

  /** The queue in which a job waits; undefined where it asks for none. */
  queueOf(job: TrainingJobObject): string | undefined {
    return queueOf(job, this.#options.gangs());
  }

  /** Whether it is known where the jobs of a namespace stand. */
  isReady(namespace: string): boolean {
    if (!this.#options.isAllowed || this.#version === null) return true;
    const reflector = this.#reflectorOf(namespace);
    return reflector !== undefined && (reflector.lists > 0 || reflector.isForbidden);
  }

  async #discover(signal: AbortSignal): Promise<void> {
    try {
      const path = `/apis/${KUEUE_GROUP}`;
      const { versions } = await this.#options.client.call<{ versions: readonly { version: string }[] }>({
        method: "GET",
        path,
        signal,
      });
      this.#version = KUEUE_VERSIONS.find((wanted) => versions.some(({ version }) => version === wanted)) ?? null;
    } catch (thrown) {
      const error = PetageError.from(thrown);
      if (error instanceof KubeError && error.status === 404) this.#version = null;
      else if (!signal.aborted) this.#options.log.warn("Cannot see Kueue", { error: error.describe() });
    }
  }

  /**
   * Brings the Workload of a job one step closer to where it should be, and says where the job stands in its queue. A job
   * waits for what it asks of Kueue, and not for what Kueue is told: that may be away.
   */
  async sync(queued: QueuedJob): Promise<Synced> {
    const { job, status } = queued;
    const queue = this.queueOf(job);
    const wanted = queue === undefined ? undefined : wantedOf(job, queue);
    const obstacle = this.#obstacle(job.metadata.namespace ?? "") ?? (await this.#earlierOf(job));
    // Who runs goes on, as it is: it had been let in so.
    const asItIs = status.workers > 0 ? { trainers: status.workers } : { queued: obstacle };
    if (obstacle) return wanted ? { admission: { ...compact(asItIs), podSets: none } } : {};
    const failure = await this.#step(queued, wanted);
    if (wanted === undefined || isTerminal(status.phase)) return { failure };
    // Who resumes it while we look is in no queue yet.
    const waits = { reason: "Queued", message: `Waits in Kueue's queue ${queue}` };
    if (job.spec.runPolicy?.suspend) return { failure, admission: { queued: waits, podSets: none } };
    const now = this.#workloadOf(job);
    const podSets = async (): Promise<PodSets> => (now ? await this.#podSetsOf(now) : new Map());
    return { failure, admission: { ...standingOf(now, wanted), podSets } };
  }

  /** Takes the next step with the Workload of a job. Returns why Kueue could not be told; throws why it could not be asked. */
  async #step({ job, status, resolved }: QueuedJob, wanted: Wanted | undefined): Promise<PetageError | undefined> {
    const { now, pods } = this.#options;
    const { suspend = false, cancel = false } = job.spec.runPolicy ?? {};
    const workload = this.#workloadOf(job);
    const isActive = pods.ownedBy(job.metadata.uid ?? "").some((pod) => !exitOf(pod, now()));
    const isOver = isTerminal(status.phase) || suspend;
    const step = planWorkload({ workload, wanted: isOver ? undefined : wanted, status, isActive }, now());
    const isAsking = step?.kind === "create" || step?.kind === "update";
    if (step === undefined || (isAsking && cancel)) return undefined;
    try {
      await this.#writer?.take(step, workload, { job, queue: wanted?.queue ?? "", resolved });
      return undefined;
    } catch (thrown) {
      if (isAsking) throw thrown;
      return PetageError.from(thrown);
    }
  }

  /** Of a job that is gone or going, and may wait for this: its Workload, once no worker uses the quota any more. */
  async release(key: string): Promise<undefined> {
    const [namespace = "", job = ""] = key.split("/");
    const workload = this.#workloads.get(`${namespace}/${workloadName(job)}`);
    const owner = workload && controllerOf(workload);
    if (owner === undefined || workload?.metadata.deletionTimestamp === undefined) return;
    if (!this.#options.pods.ownedBy(owner).some(workerOf)) await this.#writer?.release(workload);
  }

  /** A Workload of an earlier job of this name, which has to go first. */
  async #earlierOf(job: TrainingJobObject): Promise<Problem | undefined> {
    const found = this.#workloads.get(`${job.metadata.namespace}/${workloadName(job.metadata.name)}`);
    if (found === undefined || controllerOf(found) === job.metadata.uid) return undefined;
    await this.release(keyOf(job));
    return {
      reason: "Queued",
      message: `Waits until Workload ${found.metadata.name}, which is not this job's, has gone`,
    };
  }

  /** Why Kueue cannot be asked. */
  #obstacle(namespace: string): Problem | undefined {
    const because = (reason: string, message: string): Problem => ({
      reason,
      message: `The job asks for a queue of Kueue, and ${message}`,
    });
    if (!this.#options.isAllowed) {
      return because("KueueNotAllowed", "the controller may not use it. Set controller.kueue of the chart to true");
    }
    if (!this.#version) {
      return because("KueueMissing", `this cluster has none (${KUEUE_GROUP}). Install it, or ask for no queue`);
    }
    const reflector = this.#reflectorOf(namespace);
    if (reflector === undefined || reflector.lists > 0) return undefined;
    return because("Forbidden", `the controller may not read its Workloads in ${namespace}. Give it the chart's Role`);
  }

  #reflectorOf(namespace: string): Reflector<Workload> | undefined {
    return this.#reflectors.get(namespace) ?? this.#reflectors.get(ALL_NAMESPACES);
  }

  #workloadOf({ metadata: { namespace, name, uid } }: TrainingJobObject): Workload | undefined {
    const found = this.#workloads.get(`${namespace}/${workloadName(name)}`);
    return found && controllerOf(found) === uid ? found : undefined;
  }

  async #podSetsOf(workload: Workload): Promise<PodSets> {
    const { uid = "" } = workload.metadata;
    const admitted = workload.status?.conditions?.find(({ type }) => type === "Admitted");
    const since = admitted?.lastTransitionTime ?? "";
    const known = this.#podSets.get(uid);
    if (known?.since === since) return known.podSets;
    const type = flavorsOf(this.#version ?? "v1beta2");
    const flavors = await Promise.all(
      flavorNames(workload).map(async (name) => {
        return [name, await this.#options.client.get<ResourceFlavor>(type, { name })] as const;
      }),
    );
    const podSets = podSetsOf(workload, new Map(flavors));
    this.#podSets.set(uid, { since, podSets });
    return podSets;
  }
}

function wantedOf(job: TrainingJobObject, queue: string): Wanted {
  const { workers: trainers = 1, elastic } = job.spec;
  return { queue, trainers, minTrainers: elastic?.minWorkers ?? trainers, priorityClass: priorityClassOf(job) };
}

function none(): Promise<PodSets> {
  return Promise.resolve(new Map());
}
