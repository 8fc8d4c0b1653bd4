import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { isTerminal } from "#lib/train/job-state.ts";
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
}

/** Jobs kept in memory, ended ones included; the oldest ended ones are forgotten first. */
const MAX_JOBS = 1000;

/** The controller of one machine. */
export class Controller implements Jobs, AsyncDisposable {
  readonly #options: ControllerOptions;
  readonly #jobs = new Map<string, Job>();
  /** request_id -> name, so that a retry creates nothing twice. */
  readonly #requests = new Map<string, string>();
  /** Jobs are created one after another, so that none takes the name or the folder of one that is half there. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  async create(request: CreateTrainingJobRequest__Output): Promise<TrainingJob> {
    const created = this.#turn.then(() => this.#create(request));
    this.#turn = created.catch(() => {});
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

  async #create(request: CreateTrainingJobRequest__Output): Promise<TrainingJob> {
    const repeated = this.#requests.get(request.requestId);
    if (request.requestId && repeated) return jobMessage(this.#find(repeated));
    const definition = await defineJob(request, this.#options.root);
    if (this.#jobs.has(definition.name)) {
      throw new PetageError("ALREADY_EXISTS", `A job named ${definition.name} exists already`, {
        hint: "Choose another name, or leave it out to get one",
      });
    }
    if (request.validateOnly) return definitionMessage(definition);
    const job = await this.#start(definition);
    if (request.requestId) this.#requests.set(request.requestId, definition.name);
    return jobMessage(job);
  }

  async #start(definition: JobDefinition): Promise<Job> {
    const onChange = (): void => {
      for (const listener of this.#listeners) listener();
    };
    const job = await Job.start({ ...this.#options, definition, onChange });
    this.#jobs.set(definition.name, job);
    this.#forgetOldest();
    return job;
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs].filter(([, job]) => isTerminal(job.status.phase)).map(([name]) => name);
    for (const name of ended.slice(0, Math.max(0, this.#jobs.size - MAX_JOBS))) this.#jobs.delete(name);
    for (const [id, name] of this.#requests) if (!this.#jobs.has(name)) this.#requests.delete(id);
  }
}
