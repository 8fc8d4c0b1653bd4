import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { pageOf } from "#lib/rpc/pages.ts";
import { jobMessage } from "#lib/rpc/job-to-message.ts";
import { timestampOf } from "#lib/rpc/time.ts";
import { isTerminal } from "#lib/jobs/job-state.ts";
import type { TrainingJob } from "#lib/jobs/training-job.ts";
import type { CreateTrainingJobRequest__Output } from "#proto/petage/v1/CreateTrainingJobRequest.ts";
import type { LogStream } from "#proto/petage/v1/LogStream.ts";

const PAGES = { defaultSize: 50, maxSize: 500 };

export interface LogRequest {
  /** Only of this process: `trainer-0`; empty: of all. */
  readonly worker: string;
  /** Continue with new lines until the job ends. */
  readonly follow: boolean;
  /** Begin with this many of the last lines; undefined: with all that are kept. */
  readonly tail: number | undefined;
  readonly signal: AbortSignal;
}

export interface LogLine {
  readonly worker: string;
  readonly line: string;
  readonly time: Date;
  readonly stream: LogStream;
}

/** The jobs of a launcher. */
export interface Jobs {
  create(request: CreateTrainingJobRequest__Output): Promise<TrainingJob>;
  get(name: string): TrainingJob | undefined;
  /** The newest first. */
  names(): readonly string[];
  /** Rises with every change of a job. */
  sequenceOf(name: string): number;
  /** Calls `listener` at every change of any job, until the function returned is called. */
  onChange(listener: () => void): () => void;
  /** Asks for the end of a job that has not ended. */
  cancel(name: string): Promise<TrainingJob>;
  logs(name: string, request: LogRequest): AsyncIterable<LogLine>;
}

/** The gRPC API of the controller: the same whether jobs are processes of this machine or pods of a cluster. */
export function createControllerService(jobs: Jobs): Implementation<"ControllerService"> {
  return {
    createTrainingJob: async (request) => ({ job: jobMessage(await jobs.create(request)) }),
    getTrainingJob: async ({ name }) => ({ job: jobMessage(find(jobs, name)) }),
    listTrainingJobs: async ({ pageSize, pageToken }) => {
      const { items, nextPageToken } = pageOf(jobs.names(), { pageSize, pageToken }, PAGES);
      return { jobs: items.flatMap((name) => jobs.get(name) ?? []).map(jobMessage), nextPageToken };
    },
    watchTrainingJob: ({ name, afterSequence }, { signal }) => watch(jobs, name, { after: afterSequence, signal }),
    cancelTrainingJob: async ({ name }) => {
      const phase = find(jobs, name).status?.phase;
      if (!isTerminal(phase)) return { job: jobMessage(await jobs.cancel(name)) };
      throw new PetageError("FAILED_PRECONDITION", `Job ${name} has ended already: ${phase}`);
    },
    async *streamLogs({ name, worker, follow, tailLines: tail }, { signal }) {
      if (tail !== undefined && tail < 0) {
        throw new PetageError("INVALID_ARGUMENT", `tail_lines is ${tail}, expected 0 or more`);
      }
      find(jobs, name);
      for await (const { time, ...line } of jobs.logs(name, { worker, follow, tail, signal })) {
        yield { ...line, time: timestampOf(time) };
      }
    },
  };
}

function find(jobs: Jobs, name: string): TrainingJob {
  const job = jobs.get(name);
  if (job) return job;
  const hint = didYouMean(name, jobs.names());
  throw new PetageError("NOT_FOUND", `There is no job named ${JSON.stringify(name)}`, hint ? { hint } : {});
}

interface WatchRequest {
  /** States up to this sequence are known already. */
  readonly after: number;
  readonly signal: AbortSignal;
}

/** A job as it stands, then at every change, until it has ended. */
async function* watch(jobs: Jobs, name: string, { after, signal }: WatchRequest) {
  let sent = after;
  while (!signal.aborted) {
    const job = find(jobs, name);
    const sequence = jobs.sequenceOf(name);
    if (sequence > sent) {
      sent = sequence;
      yield { sequence, job: jobMessage(job) };
      if (isTerminal(job.status?.phase) && jobs.sequenceOf(name) === sent) return;
    } else if (isTerminal(job.status?.phase)) {
      return; // the caller knows its end already
    } else {
      await changeOf(jobs, signal);
    }
  }
}

async function changeOf(jobs: Jobs, signal: AbortSignal): Promise<void> {
  let forget = (): void => {};
  const changed = new Promise<void>((resolve) => (forget = jobs.onChange(resolve)));
  await abortable(changed, signal).catch(() => undefined);
  forget();
}
