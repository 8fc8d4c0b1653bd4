import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { abortable } from "#lib/base/signals.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { TrainingJob } from "#proto/petage/v1/TrainingJob.ts";
import type { Jobs, LogLine, LogWish } from "../service.ts";
import { Job } from "./job.ts";
import { defineJob } from "./job-spec.ts";
import type { JobDefinition } from "./job-spec.ts";
import { definitionMessage, jobMessage } from "./messages.ts";

export interface ControllerOptions {
  readonly natsUrl: string | undefined;
  readonly root: string;
  readonly log: Log;
  /** Whether who calls may be told what stands in a file of this machine. */
  readonly quotesFiles: boolean;
  readonly createTimeoutMs?: number;
}

/** Longest creation of a job: its paths may lie on a mount that does not answer. */
const CREATE_TIMEOUT_MS = 20_000;

/** Jobs kept in memory, ended ones included; the oldest ended ones are forgotten first. */
const MAX_JOBS = 1000;

/** The controller of one machine. */
export class Controller implements Jobs, AsyncDisposable {
  readonly #options: ControllerOptions;
  readonly #jobs = new Map<string, Job>();
  /** request_id -> name, also of one that is being created, so that a retry creates nothing twice. */
  readonly #requests = new Map<string, Promise<string>>();
  /** Names of jobs that are half there. */
  readonly #starting = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  async create(request: CreateTrainingJobRequest__Output): Promise<TrainingJob> {
    const { requestId, validateOnly } = request;
    const repeated = this.#requests.get(requestId);
    if (repeated) return jobMessage(this.#find(await repeated));
    const created = this.#create(request);
    if (!requestId || validateOnly) return await created;
    const name = created.then(({ metadata }) => metadata?.name ?? "");
    this.#requests.set(requestId, name);
    name.catch(() => this.#requests.delete(requestId));
    return await created;
  }

  get(name: string): TrainingJob | undefined {
    const job = this.#jobs.get(name);
    return job && jobMessage(job);
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
    const job = this.#find(name);
    job.cancel();
    return jobMessage(job);
  }

  async *logs(name: string, { worker, follow, tail }: LogWish): AsyncGenerator<LogLine> {
    for await (const line of this.#find(name).logs.read({ worker, follow, tail })) {
      const stream = line.stream === "stdout" ? ("LOG_STREAM_STDOUT" as const) : ("LOG_STREAM_STDERR" as const);
      yield { worker: line.worker, line: line.line, time: line.time, stream };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job[Symbol.asyncDispose]()));
  }

  #find(name: string): Job {
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
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(late), createTimeoutMs);
    return await abortable(this.#begin(request, limit.signal), limit.signal).finally(() => clearTimeout(timer));
  }

  async #begin(request: CreateTrainingJobRequest__Output, signal: AbortSignal): Promise<TrainingJob> {
    const definition = await this.#define(request);
    const { name } = definition;
    if (this.#jobs.has(name) || this.#starting.has(name)) {
      throw new PetageError("ALREADY_EXISTS", `A job named ${name} exists already`, {
        hint: "Choose another name, or leave it out to get one",
      });
    }
    if (request.validateOnly) return definitionMessage(definition);
    this.#starting.add(name);
    try {
      return jobMessage(await this.#start(definition, signal));
    } finally {
      this.#starting.delete(name);
    }
  }

  /** Whoever may call may name any file as a config: what stands in it is not told, unless the files are the caller's. */
  async #define(request: CreateTrainingJobRequest__Output): Promise<JobDefinition> {
    const { root, log, quotesFiles } = this.#options;
    try {
      return await defineJob(request, root);
    } catch (thrown) {
      if (quotesFiles || !request.job?.spec?.config?.path) throw thrown;
      const error = PetageError.from(thrown);
      log.info("Refused a job", { why: error.describe() });
      throw error.withoutQuotes();
    }
  }

  async #start(definition: JobDefinition, signal: AbortSignal): Promise<Job> {
    const onChange = (): void => {
      for (const listener of this.#listeners) listener();
    };
    const job = await Job.start({ ...this.#options, definition, signal, onChange });
    this.#jobs.set(definition.name, job);
    this.#forgetOldest();
    return job;
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs].filter(([, job]) => isTerminal(job.status.phase)).map(([name]) => name);
    for (const name of ended.slice(0, Math.max(0, this.#jobs.size - MAX_JOBS))) this.#jobs.delete(name);
    for (const [id, created] of this.#requests) {
      const forget = (name: string): unknown => this.#jobs.has(name) || this.#requests.delete(id);
      void created.then(forget, () => {});
    }
  }
}
