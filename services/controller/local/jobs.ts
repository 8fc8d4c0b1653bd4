import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentMetrics } from "#lib/base/metrics.ts";
import type { Metrics } from "#lib/base/metrics.ts";
import { abortable } from "#lib/base/signals.ts";
import { isTerminal, workerLabel, workerOfId } from "#lib/jobs/job-state.ts";
import { checkQuota } from "#lib/jobs/quota.ts";
import type { Quota } from "#lib/jobs/quota.ts";
import type { TrainingJob } from "#lib/jobs/training-job.ts";
import { Deadline } from "#lib/system/deadline.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { Jobs, LogLine, LogRequest } from "../service.ts";
import { jobMetrics } from "../metrics.ts";
import type { OnStatusChange } from "../metrics.ts";
import { JobController } from "./controller.ts";
import type { Reach } from "./reach.ts";
import { resolveRequest } from "./resolve.ts";
import type { MachineJob } from "./resolve.ts";
import type { Resolve } from "./resolver.ts";

export interface MachineJobsOptions {
  readonly natsUrl: string | undefined;
  readonly root: string;
  readonly log: Log;
  readonly reach: Reach;
  /** Where requests are resolved; by default in this thread. */
  readonly resolve?: Resolve;
  readonly createTimeoutMs?: number;
  readonly metrics?: Metrics;
  /** How much may run at a time; without it, as much as is asked for. */
  readonly quota?: Quota;
}

/** Longest creation of a job: its paths may lie on a mount that does not answer. */
const CREATE_TIMEOUT_MS = 20_000;

/** Jobs kept in memory, ended ones included; the oldest ended ones are forgotten first. */
const MAX_JOBS = 1000;

/** The jobs of one machine. */
export class MachineJobs implements Jobs, AsyncDisposable {
  readonly #options: MachineJobsOptions;
  readonly #jobs = new Map<string, JobController>();
  /** request_id -> name, also of one that is being created, so that a retry creates nothing twice. */
  readonly #requests = new Map<string, Promise<string>>();
  /** Jobs that are half there, by name. */
  readonly #starting = new Map<string, TrainingJob>();
  readonly #listeners = new Set<() => void>();
  readonly #onStatus: OnStatusChange;

  constructor(options: MachineJobsOptions) {
    this.#options = options;
    this.#onStatus = jobMetrics(options.metrics ?? silentMetrics, () => this.#all());
  }

  async create(request: CreateTrainingJobRequest__Output): Promise<TrainingJob> {
    const { requestId, validateOnly } = request;
    const repeated = this.#requests.get(requestId);
    if (repeated) return shown(this.#find(await repeated).job);
    const created = this.#create(request);
    if (!requestId || validateOnly) return await created;
    const name = created.then(({ metadata }) => metadata.name);
    this.#requests.set(requestId, name);
    name.catch(() => this.#requests.delete(requestId));
    return await created;
  }

  get(name: string): TrainingJob | undefined {
    const found = this.#jobs.get(name);
    return found && shown(found.job);
  }

  names(): readonly string[] {
    return [...this.#jobs.keys()].toReversed();
  }

  sequenceOf(name: string): number {
    return this.#jobs.get(name)?.sequence ?? 0;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async cancel(name: string): Promise<TrainingJob> {
    const controller = this.#find(name);
    await controller.cancel();
    return shown(controller.job);
  }

  async *logs(name: string, request: LogRequest): AsyncGenerator<LogLine> {
    yield* this.#find(name).logs.read(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job[Symbol.asyncDispose]()));
  }

  #find(name: string): JobController {
    const job = this.#jobs.get(name);
    if (job) return job;
    throw new PetageError("NOT_FOUND", `There is no job named ${JSON.stringify(name)}`);
  }

  /** Whatever it waits for, it keeps no other job waiting, and no caller for ever. */
  async #create(request: CreateTrainingJobRequest__Output): Promise<TrainingJob> {
    const { createTimeoutMs = CREATE_TIMEOUT_MS } = this.#options;
    const late = new PetageError("DEADLINE_EXCEEDED", `The job could not be created within ${createTimeoutMs} ms`, {
      hint: "Look whether its config, work_dir, checkpoint and weights lie where this machine can read and write",
    });
    using limit = new Deadline(createTimeoutMs, { reason: late });
    return await abortable(this.#begin(request, limit.signal), limit.signal);
  }

  async #begin(request: CreateTrainingJobRequest__Output, signal: AbortSignal): Promise<TrainingJob> {
    const resolved = await this.#resolve(request, signal);
    const { name } = resolved.job.metadata;
    if (this.#jobs.has(name) || this.#starting.has(name)) {
      throw new PetageError("ALREADY_EXISTS", `A job named ${name} exists already`, {
        hint: "Choose another name, or leave it out to get one",
      });
    }
    if (request.validateOnly) return resolved.job;
    this.#checkQuota(resolved.job);
    this.#starting.set(name, resolved.job);
    try {
      return shown((await this.#start(resolved, signal)).job);
    } finally {
      this.#starting.delete(name);
    }
  }

  #checkQuota(job: TrainingJob): void {
    const { quota } = this.#options;
    if (quota) checkQuota(job, [...this.#all(), ...this.#starting.values()], quota);
  }

  #all(): readonly TrainingJob[] {
    return [...this.#jobs.values()].map(({ job }) => job);
  }

  /** A caller may name any file as a config: errors do not quote it, unless the files are the caller's. */
  async #resolve(request: CreateTrainingJobRequest__Output, signal: AbortSignal): Promise<MachineJob> {
    const { log, reach, resolve } = this.#options;
    try {
      return await (resolve ? resolve(request, signal) : resolveRequest(request, this.#options));
    } catch (thrown) {
      if (reach.quotesFiles || !request.job?.spec?.config?.path) throw thrown;
      const error = PetageError.from(thrown);
      log.info("Refused a job", { why: error.describe() });
      throw error.withoutQuotes();
    }
  }

  async #start(resolved: MachineJob, signal: AbortSignal): Promise<JobController> {
    const onChange = (): void => {
      for (const listener of this.#listeners) listener();
    };
    const controller = await JobController.start({
      ...this.#options,
      ...resolved,
      signal,
      onStatus: this.#onStatus,
      onChange,
    });
    this.#jobs.set(controller.job.metadata.name, controller);
    this.#forgetOldest();
    return controller;
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs].filter(([, { job }]) => isTerminal(job.status?.phase)).map(([name]) => name);
    for (const name of ended.slice(0, Math.max(0, this.#jobs.size - MAX_JOBS))) this.#jobs.delete(name);
    for (const [id, created] of this.#requests) {
      const forget = (name: string): unknown => this.#jobs.has(name) || this.#requests.delete(id);
      void created.then(forget, () => {});
    }
  }
}

/** On one machine a worker is known by its role and rank alone: `trainer-1`. */
function shown(job: TrainingJob): TrainingJob {
  const { metadata, status } = job;
  const failure = status?.lastFailure;
  if (!failure) return job;
  const worker = workerLabel(workerOfId(metadata.name, failure.worker));
  return { ...job, status: { ...status, lastFailure: { ...failure, worker } } };
}
