import { createHash, randomUUID } from "node:crypto";
import { PetageError } from "#lib/base/errors.ts";
import { portableConfig, resolveJobConfig } from "#lib/host/files/job-config.ts";
import { nameLike } from "#lib/jobs/names.ts";
import { checkQuota } from "#lib/jobs/quota.ts";
import type { Quota } from "#lib/jobs/quota.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import { requestedJob } from "#lib/rpc/job-from-message.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { unwatched } from "#lib/k8s/job/unwatched.ts";
import { ALL_NAMESPACES, TRAINING_JOBS } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";

import type { TrainingJob, TrainingJobSpec } from "#lib/jobs/training-job.ts";
import { API_VERSION, KIND } from "#lib/k8s/job/names.ts";
import type { Jobs, LogLine, LogRequest } from "../service.ts";
import { podLogs } from "./logs.ts";

/** What a request is remembered by, so that a retry creates nothing twice. */
const REQUEST_ANNOTATION = "petage.dev/request-id";

export interface ClusterJobsOptions {
  readonly client: KubeClient;
  readonly jobs: Store<TrainingJobObject>;
  readonly pods: Store<Pod>;
  /** Where jobs are run. */
  readonly namespaces: readonly string[];
  /** Jobs are created here; those of other namespaces are named `namespace/name`. */
  readonly home: string;
  /** Restarts allowed where a request does not say. */
  readonly maxRestarts: number;
  /** How much may run at a time for further ones to be created here; without it, as much as is asked for. */
  readonly quota?: Quota;
}

/** The jobs of a cluster: the same that `kubectl` shows. */
export class ClusterJobs implements Jobs {
  readonly #options: ClusterJobsOptions;

  constructor(options: ClusterJobsOptions) {
    this.#options = options;
  }

  async create(request: CreateTrainingJobRequest__Output): Promise<TrainingJob> {
    const { requestId, job, validateOnly } = request;
    const { jobs, maxRestarts, quota } = this.#options;
    const { spec } = requestedJob(request, maxRestarts);
    const repeated = requestId ? [...jobs.all()].find(isOfRequest(requestId)) : undefined;
    if (repeated) return this.#shown(repeated);
    const nameLikeConfig = checkConfig(spec);
    if (quota && !validateOnly) checkQuota({ spec }, [...jobs.all()], quota);
    // A request that comes twice at once, or to two replicas, names the same job.
    const suffix = requestId
      ? createHash("sha256").update(requestId).digest("hex").slice(0, 8)
      : randomUUID().slice(0, 5);
    const name = job?.metadata?.name || `${nameLikeConfig}-${suffix}`;
    const annotations = requestId ? { [REQUEST_ANNOTATION]: requestId } : {};
    const metadata = { name, namespace: this.#options.home, labels: job?.metadata?.labels ?? {}, annotations };
    const object = { apiVersion: API_VERSION, kind: KIND, metadata, spec };
    const created = await this.#make(object, validateOnly);
    if (!validateOnly) jobs.wrote(created, undefined);
    return this.#shown(created);
  }

  /** Creates a job, or finds the one that the same request has created meanwhile. */
  async #make(object: TrainingJobObject, dryRun: boolean): Promise<TrainingJobObject> {
    const { client } = this.#options;
    try {
      return await client.create(TRAINING_JOBS, object, { dryRun, strict: true });
    } catch (error) {
      const requestId = object.metadata.annotations?.[REQUEST_ANNOTATION];
      if (requestId === undefined || PetageError.from(error).code !== "ALREADY_EXISTS") throw error;
      const { namespace = "", name } = object.metadata;
      const found = await client.get<TrainingJobObject>(TRAINING_JOBS, { namespace, name });
      if (isOfRequest(requestId)(found)) return found;
      throw error;
    }
  }

  get(name: string): TrainingJob | undefined {
    const job = this.#find(name);
    return job && this.#shown(job);
  }

  names(): readonly string[] {
    const born = ({ metadata }: TrainingJobObject): string => metadata.creationTimestamp ?? "";
    const newestFirst = [...this.#options.jobs.all()].toSorted((a, b) => born(b).localeCompare(born(a)));
    return newestFirst.map((job) => this.#nameOf(job));
  }

  /** Versions of Kubernetes' objects are numbers that rise (KEP-5504). */
  sequenceOf(name: string): number {
    return Number(this.#find(name)?.metadata.resourceVersion ?? 0);
  }

  onChange(listener: () => void): () => void {
    return this.#options.jobs.onChange(listener);
  }

  async cancel(name: string): Promise<TrainingJob> {
    const { client, jobs } = this.#options;
    const { namespace = "", name: plain, resourceVersion } = this.#present(name).metadata;
    const patch = { spec: { runPolicy: { cancel: true } } };
    const changed = await client.merge<TrainingJobObject>(TRAINING_JOBS, { namespace, name: plain }, { patch });
    jobs.wrote(changed, resourceVersion);
    return this.#shown(changed);
  }

  async *logs(name: string, request: LogRequest): AsyncGenerator<LogLine> {
    yield* podLogs(this.#options, this.#present(name), request);
  }

  /** Under the name by which it is found again. */
  #shown(job: TrainingJobObject): TrainingJob {
    return { ...job, metadata: { ...job.metadata, name: this.#nameOf(job) } };
  }

  #nameOf({ metadata: { namespace, name } }: TrainingJobObject): string {
    return namespace === this.#options.home ? name : `${namespace}/${name}`;
  }

  #find(name: string): TrainingJobObject | undefined {
    const { jobs, namespaces, home } = this.#options;
    const namespace = name.includes("/") ? name.slice(0, name.indexOf("/")) : home;
    if (namespaces.includes(namespace) || namespaces.includes(ALL_NAMESPACES)) {
      return jobs.get(name.includes("/") ? name : `${home}/${name}`);
    }
    const { message, hint } = unwatched(namespace, namespaces);
    throw new PetageError("FAILED_PRECONDITION", message, { hint });
  }

  #present(name: string): TrainingJobObject {
    const job = this.#find(name);
    if (job) return job;
    throw new PetageError("NOT_FOUND", `There is no job named ${JSON.stringify(name)}`);
  }
}

function isOfRequest(requestId: string): (job: TrainingJobObject) => boolean {
  return ({ metadata }) => metadata.annotations?.[REQUEST_ANNOTATION] === requestId;
}

/** Checks the config now: an error in it is the caller's answer, not a condition later. A name like the config's. */
function checkConfig({ config }: TrainingJobSpec): string {
  const request = config.path ? undefined : portableConfig(config);
  if (request) return nameLike(resolveJobConfig(request).configName);
  throw new PetageError("INVALID_ARGUMENT", "spec.config names no config that a cluster can read", {
    hint: "Set one of name (a config that comes with petage) and text; a path is a file of one machine",
  });
}
