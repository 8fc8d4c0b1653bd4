import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { timestampOf } from "#lib/rpc/time.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { pageOf } from "#lib/rpc/pages.ts";
import { isTerminal } from "#lib/train/job-state.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { TrainingJob } from "#proto/petage/v1/TrainingJob.ts";
import { Job } from "./job.ts";
import { defineJob } from "./job-spec.ts";
import type { JobDefinition } from "./job-spec.ts";
import { definitionMessage, jobMessage } from "./messages.ts";

export interface ControllerOptions {
  readonly natsUrl: string | undefined;
  readonly root: string;
  readonly log: Log;
}

const PAGES = { defaultSize: 50, maxSize: 500 };
/** Jobs kept in memory, ended ones included; the oldest ended ones are forgotten first. */
const MAX_JOBS = 1000;

/** The controller of one machine. */
export class Controller implements AsyncDisposable {
  readonly #options: ControllerOptions;
  readonly #jobs = new Map<string, Job>();
  /** request_id -> name, so that a retry creates nothing twice. */
  readonly #requests = new Map<string, string>();
  /** Jobs are created one after another, so that none takes the name or the folder of one that is half there. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Woken at every change of any job. */
  readonly #watchers = new Set<() => void>();

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  readonly service: Implementation<"ControllerService"> = {
    createTrainingJob: (request) => {
      const created = this.#turn.then(() => this.#create(request));
      this.#turn = created.catch(() => {});
      return created;
    },
    getTrainingJob: async ({ name }) => ({ job: jobMessage(this.#find(name)) }),
    listTrainingJobs: async ({ pageSize, pageToken }) => {
      const newestFirst = [...this.#jobs.values()].toReversed();
      const { items, nextPageToken } = pageOf(newestFirst, { pageSize, pageToken }, PAGES);
      return { jobs: items.map(jobMessage), nextPageToken };
    },
    watchTrainingJob: ({ name, afterSequence }, { signal }) => this.#watch(name, afterSequence, signal),
    cancelTrainingJob: async ({ name }) => {
      const job = this.#find(name);
      if (isTerminal(job.status.phase)) {
        throw new PetageError("FAILED_PRECONDITION", `Job ${name} has ended already: ${job.status.phase}`);
      }
      job.cancel();
      return { job: jobMessage(job) };
    },
    streamLogs: ({ name, worker, follow, tailLines }) => this.#logs(name, { worker, follow, tail: tailLines }),
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job[Symbol.asyncDispose]()));
  }

  async #create(request: CreateTrainingJobRequest__Output): Promise<{ job: TrainingJob }> {
    const repeated = this.#requests.get(request.requestId);
    if (request.requestId && repeated) return { job: jobMessage(this.#find(repeated)) };
    const definition = await defineJob(request, this.#options.root);
    if (this.#jobs.has(definition.name)) {
      throw new PetageError("ALREADY_EXISTS", `A job named ${definition.name} exists already`, {
        hint: "Choose another name, or leave it out to get one",
      });
    }
    if (request.validateOnly) return { job: definitionMessage(definition) };
    const job = await this.#start(definition);
    if (request.requestId) this.#requests.set(request.requestId, definition.name);
    return { job: jobMessage(job) };
  }

  async #start(definition: JobDefinition): Promise<Job> {
    const job = await Job.start({ ...this.#options, definition, onChange: () => this.#wake() });
    this.#jobs.set(definition.name, job);
    this.#forgetOldest();
    return job;
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs].filter(([, job]) => isTerminal(job.status.phase)).map(([name]) => name);
    for (const name of ended.slice(0, Math.max(0, this.#jobs.size - MAX_JOBS))) this.#jobs.delete(name);
    for (const [id, name] of this.#requests) if (!this.#jobs.has(name)) this.#requests.delete(id);
  }

  #find(name: string): Job {
    const job = this.#jobs.get(name);
    if (job) return job;
    const hint = didYouMean(name, this.#jobs.keys());
    throw new PetageError("NOT_FOUND", `There is no job named ${JSON.stringify(name)}`, hint ? { hint } : {});
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }

  async *#watch(name: string, after: number, signal: AbortSignal) {
    const job = this.#find(name);
    let sent = after;
    while (!signal.aborted) {
      const { sequence } = job;
      if (sequence > sent) {
        sent = sequence;
        yield { sequence, job: jobMessage(job) };
        if (isTerminal(job.status.phase) && job.sequence === sent) return;
      } else {
        await this.#change(signal);
      }
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#watchers.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#watchers.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  async *#logs(name: string, { worker, follow, tail }: { worker: string; follow: boolean; tail: number | undefined }) {
    for await (const line of this.#find(name).logs.read({ worker, follow, tail })) {
      const stream = line.stream === "stdout" ? ("LOG_STREAM_STDOUT" as const) : ("LOG_STREAM_STDERR" as const);
      yield { worker: line.worker, line: line.line, time: timestampOf(line.time), stream };
    }
  }
}
