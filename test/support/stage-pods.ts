import { silentLog } from "#lib/base/log.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { LABELS, workerOf } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { keyOf, PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import { Reflector } from "#lib/k8s/reflector.ts";
import { Store } from "#lib/k8s/store.ts";
import type { Change } from "#lib/k8s/store.ts";
import type { WorkerName } from "#lib/jobs/job-state.ts";

/** Exit code of each worker that ends by itself once its job runs. */
export type Script = (worker: WorkerName, job: TrainingJobObject) => number | undefined;

/**
 * Plays scheduler and kubelet for the pods of all jobs where the cluster has neither: a pod is ready at once, and ends
 * as a script has it when its job is Running. It also sees to it that no rank ever has two live pods.
 */
export class PodStage {
  readonly #client: KubeClient;
  readonly #script: Script;
  readonly #jobs = new Store<TrainingJobObject>();
  readonly #pods = new Store<Pod>();
  /** Uids by name: a pod that was made twice has two. */
  readonly #uids = new Map<string, Set<string>>();
  readonly #violations: string[] = [];

  constructor(client: KubeClient, script: Script) {
    this.#client = client;
    this.#script = script;
    this.#pods.onChange((change) => this.#onPod(change));
    this.#jobs.onChange(({ after }) => after && this.#play(after));
  }

  /** Asks the script again, which has other answers now. */
  playOn(): void {
    for (const job of this.#jobs.all()) this.#play(job);
  }

  #play(job: TrainingJobObject): void {
    if (job.status?.phase !== "Running") return;
    for (const pod of this.#pods.ownedBy(job.metadata.uid ?? "")) this.#end(pod, job);
  }

  /** What must not be and was: two live pods of a rank, a pod made twice. */
  get violations(): readonly string[] {
    return this.#violations;
  }

  job(key: string): TrainingJobObject | undefined {
    return this.#jobs.get(key);
  }

  podsOf({ metadata: { uid = "" } }: TrainingJobObject): readonly Pod[] {
    return this.#pods.ownedBy(uid);
  }

  async run(signal: AbortSignal): Promise<void> {
    const options = { client: this.#client, log: silentLog };
    const pods = new Reflector<Pod>({ ...options, type: PODS, store: this.#pods, labelSelector: LABELS.job });
    const jobs = new Reflector<TrainingJobObject>({ ...options, type: TRAINING_JOBS, store: this.#jobs });
    await Promise.all([pods.run(signal), jobs.run(signal)]);
  }

  #onPod({ after, before }: Change<Pod>): void {
    if (!after) return;
    if (!before) this.#check(after);
    const { metadata, status } = after;
    if (metadata.deletionTimestamp === undefined && status?.phase === "Pending") this.#say(after, running(after));
    const job = this.#jobs.get(`${metadata.namespace}/${metadata.labels?.[LABELS.job]}`);
    if (job?.status?.phase === "Running") this.#end(after, job);
  }

  #end(pod: Pod, job: TrainingJobObject): void {
    const worker = workerOf(pod);
    if (!worker || worker.attempt !== (job.status?.attempt ?? 0) || pod.status?.phase !== "Running") return;
    const code = this.#script(worker, job);
    if (code !== undefined) this.#say(pod, ended(pod, code));
  }

  #say({ metadata: { namespace = "", name } }: Pod, status: object): void {
    const place = { namespace, name, subresource: "status" } as const;
    void this.#client.merge(PODS, place, { patch: { status } }).catch(() => undefined); // it is gone
  }

  #check(pod: Pod): void {
    const key = keyOf(pod);
    const uids = (this.#uids.get(key) ?? new Set()).add(pod.metadata.uid ?? "");
    this.#uids.set(key, uids);
    if (uids.size > 1) this.#violations.push(`${key} was made ${uids.size} times`);
    const owner = pod.metadata.ownerReferences?.[0]?.uid ?? "";
    const twins = this.#pods.ownedBy(owner).filter((other) => isSameRank(other, pod) && isLive(other));
    if (twins.length > 1) this.#violations.push(`${twins.map(keyOf).join(" and ")} live together`);
  }
}

/** It may still compute. */
export function isLive({ status }: Pod): boolean {
  return status?.phase !== "Failed" && status?.phase !== "Succeeded";
}

function isSameRank(a: Pod, b: Pod): boolean {
  const [one, other] = [workerOf(a), workerOf(b)];
  return one !== undefined && one.role === other?.role && one.rank === other.rank;
}

function running({ spec }: Pod): object {
  const state = { running: { startedAt: timeNow() } };
  return {
    phase: "Running",
    podIP: "127.0.0.1",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: spec.containers.map((container) => containerStatus(container.name, state)),
  };
}

function ended({ spec }: Pod, exitCode: number): object {
  const state = { terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", finishedAt: timeNow() } };
  return {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    conditions: [{ type: "Ready", status: "False" }],
    containerStatuses: spec.containers.map((container) => containerStatus(container.name, state)),
  };
}

function containerStatus(name: string, state: object): object {
  return { name, state, image: "", imageID: "", ready: false, restartCount: 0 };
}

function timeNow(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
