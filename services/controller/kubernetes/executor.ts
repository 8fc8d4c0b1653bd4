import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { shellCommand } from "#lib/base/shell.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { KubeError } from "#lib/k8s/errors.ts";
import { mergePatch } from "#lib/k8s/merge-patch.ts";
import { controllerOf, ALIVE, keyOf, PODS, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { KubeObject, ResourceType } from "#lib/k8s/objects.ts";
import { GATE, LABELS, podName, podSelector } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { resourceStatus } from "#lib/k8s/job/resource-status.ts";
import { podOf } from "#lib/k8s/job/pods.ts";
import type { AttemptContext } from "#lib/k8s/job/pods.ts";
import type { TrainingJobStatus } from "#lib/jobs/training-job.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import type { Store } from "#lib/k8s/store.ts";
import type { Role, WorkerName } from "#lib/jobs/job-state.ts";

/** When a pod that was asked to end and shows no sign of it is asked again. */
const STOP_REPEAT_MS = 30_000;
/**
 * Writes of one job that are under way at a time, as many as there are connections. Thousands that wait for one would
 * keep the lease from being renewed.
 */
const MAX_WRITES = 32;

export interface ExecutorOptions {
  readonly client: KubeClient;
  readonly jobs: Store<TrainingJobObject>;
  readonly pods: Store<Pod>;
  /** Throws when this process may not write any more. */
  mayWrite(): void;
}

/** Carries out what the plan says, with as few calls as it takes. Everything it does may be done twice. */
export class Executor {
  readonly #options: ExecutorOptions;
  /** Pods that were asked to end, by uid, and when. */
  readonly #asked = new Map<string, number>();
  /** Jobs, by uid, whose last creation failed: the next one is tried with one pod first. */
  readonly #careful = new Set<string>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    options.pods.onChange(({ before, after }) => {
      if (before && !after) this.#asked.delete(before.metadata.uid ?? "");
    });
    options.jobs.onChange(({ before, after }) => {
      if (before && !after) this.#careful.delete(before.metadata.uid ?? "");
    });
  }

  /** Creates an object that may be there already, from an earlier try. */
  async ensure(type: ResourceType, object: KubeObject): Promise<void> {
    await this.#write(() => this.#options.client.create(type, object)).catch(unlessExists);
  }

  /** Creates pods, as fast as it goes; after a failure one first, so that a quota is not run against with a thousand. */
  async start(context: AttemptContext, workers: readonly WorkerName[]): Promise<void> {
    const { uid = "" } = context.job.metadata;
    const [first, ...others] = workers;
    if (first === undefined) return;
    const isCareful = this.#careful.has(uid);
    // Strict: an unknown field of podTemplate is an error, not dropped.
    const strict = context.job.spec.podTemplate !== undefined;
    const create = (worker: WorkerName): Promise<void> => this.#create(podOf(context, worker), { strict });
    this.#careful.add(uid);
    if (isCareful) await create(first);
    await mapLimited(isCareful ? others : workers, MAX_WRITES, create);
    this.#careful.delete(uid);
  }

  /** Lets pods be scheduled that were held back. */
  async admit(job: TrainingJobObject, workers: readonly WorkerName[]): Promise<void> {
    await mapLimited(this.#podsOf(job, workers), MAX_WRITES, async (pod) => {
      const schedulingGates = pod.spec.schedulingGates?.filter(({ name }) => name !== GATE) ?? [];
      const patch = { metadata: { resourceVersion: pod.metadata.resourceVersion }, spec: { schedulingGates } };
      const { namespace = "", name } = pod.metadata;
      const changed = await this.#write(() => this.#options.client.merge<Pod>(PODS, { namespace, name }, { patch }));
      this.#options.pods.wrote(changed, pod.metadata.resourceVersion);
    });
  }

  /** Asks pods to end: one by its name, several by what they have in common. */
  async stop(job: TrainingJobObject, workers: readonly WorkerName[]): Promise<void> {
    const now = performance.now();
    const fresh = this.#podsOf(job, workers).filter(({ metadata }) => {
      const askedAt = this.#asked.get(metadata.uid ?? "");
      return askedAt === undefined || now - askedAt > STOP_REPEAT_MS;
    });
    await this.#delete(job, fresh, ALIVE);
    for (const { metadata } of fresh) this.#asked.set(metadata.uid ?? "", now);
  }

  /** Forgets pods that have ended, with their logs. */
  async remove(job: TrainingJobObject, workers: readonly WorkerName[]): Promise<void> {
    await this.#delete(job, this.#podsOf(job, workers), undefined);
  }

  async deleteJob({ metadata: { namespace = "", name, uid } }: TrainingJobObject): Promise<void> {
    const options = uid === undefined ? {} : { uid };
    await this.#write(() => this.#options.client.delete(TRAINING_JOBS, { namespace, name }, options)).catch(unlessGone);
  }

  async delete(type: ResourceType, { metadata: { namespace = "", name } }: KubeObject): Promise<void> {
    await this.#write(() => this.#options.client.delete(type, { namespace, name })).catch(unlessGone);
  }

  /** Brings the status of the resource to what it should be, in one call, or in none where it is that already. */
  async writeStatus(job: TrainingJobObject, status: TrainingJobStatus): Promise<TrainingJobObject> {
    const change = mergePatch(job.status ?? {}, resourceStatus(job, status));
    if (change === undefined) return job;
    const { namespace = "", name, resourceVersion } = job.metadata;
    const place = { namespace, name, subresource: "status" as const };
    const patch = { metadata: { resourceVersion }, status: change };
    const written = await this.#write(() =>
      this.#options.client.merge<TrainingJobObject>(TRAINING_JOBS, place, { patch }),
    );
    this.#options.jobs.wrote(written, resourceVersion);
    return this.#options.jobs.get(keyOf(job)) ?? written;
  }

  async #create(pod: Pod, options: { readonly strict: boolean }): Promise<void> {
    const { pods, client } = this.#options;
    const key = keyOf(pod);
    const present = pods.get(key);
    if (present && controllerOf(present) === controllerOf(pod)) return;
    try {
      const metadata = await this.#write(() => client.createBriefly(PODS, pod, options));
      pods.wrote({ ...pod, metadata }, undefined);
    } catch (error) {
      if (!(error instanceof KubeError) || error.reason !== "AlreadyExists") throw error;
      await this.#adopt(pod);
    }
  }

  /** A pod that is there and was not seen: ours from an earlier try, an earlier job's on its way out, or a stranger's. */
  async #adopt(wanted: Pod): Promise<void> {
    const { pods, client } = this.#options;
    const { namespace = "", name } = wanted.metadata;
    const found = await client.get<Pod>(PODS, { namespace, name });
    if (controllerOf(found) === controllerOf(wanted)) return pods.wrote(found, undefined);
    if (found.metadata.deletionTimestamp !== undefined) {
      throw new PetageError("ABORTED", `Pod ${keyOf(wanted)} of an earlier job has not gone yet; looking again`);
    }
    throw new PetageError("ALREADY_EXISTS", `Pod ${keyOf(wanted)} exists already and is not this job's`, {
      hint: `Delete it, or give the job another name: ${shellCommand(["kubectl", "delete", "pod", name, "--namespace", namespace])}`,
    });
  }

  async #delete(job: TrainingJobObject, all: readonly Pod[], fieldSelector: string | undefined): Promise<void> {
    const { client } = this.#options;
    const pods = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const { namespace = "", uid = "" } = job.metadata;
    const [only] = pods;
    if (only === undefined) return;
    if (pods.length === 1) {
      const { name, uid: podUid = "" } = only.metadata;
      return await this.#write(() => client.delete(PODS, { namespace, name }, { uid: podUid })).catch(unlessGone);
    }
    for (const [attempt, roles] of byAttempt(pods)) {
      const place = {
        namespace,
        labelSelector: podSelector(uid, attempt, roles),
        ...(fieldSelector && { fieldSelector }),
      };
      await this.#write(() => client.deleteCollection(PODS, place));
    }
  }

  #podsOf({ metadata: { namespace = "", name } }: TrainingJobObject, workers: readonly WorkerName[]): Pod[] {
    return workers.flatMap((worker) => this.#options.pods.get(`${namespace}/${podName(name, worker)}`) ?? []);
  }

  async #write<T>(call: () => Promise<T>): Promise<T> {
    this.#options.mayWrite();
    return await call();
  }
}

function byAttempt(pods: readonly Pod[]): Map<number, Set<Role>> {
  const attempts = new Map<number, Set<Role>>();
  for (const { metadata } of pods) {
    const attempt = Number(metadata.labels?.[LABELS.attempt]);
    const roles = attempts.get(attempt) ?? new Set<Role>();
    attempts.set(attempt, roles.add(metadata.labels?.[LABELS.role] as Role));
  }
  return attempts;
}

function unlessExists(error: unknown): void {
  if (!(error instanceof KubeError) || error.reason !== "AlreadyExists") throw error;
}

function unlessGone(error: unknown): void {
  if (!(error instanceof KubeError) || (error.status !== 404 && error.reason !== "Conflict")) throw error;
}
