import { PetageError } from "#lib/base/errors.ts";
import { BoundedQueue } from "#lib/base/queue.ts";
import { abortable } from "#lib/base/signals.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import { exitOf } from "#lib/k8s/job/observe.ts";
import { containerOf, hasLog, logLines } from "#lib/k8s/job/pod-log.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { keyOf, pathOf, PODS } from "#lib/k8s/objects.ts";
import type { Store } from "#lib/k8s/store.ts";
import { isAskedFor, isTerminal, workerLabel } from "#lib/jobs/job-state.ts";
import { sharedSignal } from "#lib/system/shared-signal.ts";
import type { LogLine, LogRequest } from "../service.ts";

/** Lines that wait for a slow reader; above, the pods' logs are read no further. */
const MAX_WAITING_LINES = 1024;
/** What pods that outlive their job have written by its end arrives within this. */
const LAST_LINES_MS = 2_000;

export interface LogSources {
  readonly client: KubeClient;
  readonly jobs: Store<TrainingJobObject>;
  readonly pods: Store<Pod>;
}

/**
 * The lines that the pods of the present attempt wrote. With `follow` they go on, with those of pods and attempts to
 * come, until the job has ended.
 */
export async function* podLogs(
  sources: LogSources,
  job: TrainingJobObject,
  request: LogRequest,
): AsyncGenerator<LogLine> {
  const queue = new BoundedQueue<LogLine>(MAX_WAITING_LINES);
  const end = new AbortController();
  const signal = sharedSignal(AbortSignal.any([request.signal, end.signal])); // every pod's log listens
  const reading = new Reading(sources, { job, queue, request: { ...request, signal } });
  void (request.follow ? reading.follow() : reading.once()).finally(() => queue.end());
  try {
    yield* queue;
  } finally {
    end.abort();
  }
}

interface ReadingOptions {
  readonly job: TrainingJobObject;
  readonly request: LogRequest;
  readonly queue: BoundedQueue<LogLine>;
}

interface Reader {
  readonly key: string;
  readonly done: Promise<void>;
}

/** The logs of one job that are being read into a queue. */
class Reading {
  readonly #sources: LogSources;
  readonly #job: TrainingJobObject;
  readonly #request: LogRequest;
  readonly #queue: BoundedQueue<LogLine>;
  readonly #attempt: number;
  /** By the uid of their pods. */
  readonly #readers = new Map<string, Reader>();

  constructor(sources: LogSources, { job, request, queue }: ReadingOptions) {
    this.#sources = sources;
    this.#job = job;
    this.#request = request;
    this.#queue = queue;
    this.#attempt = job.status?.attempt ?? 0;
  }

  async once(): Promise<void> {
    this.#begin(this.#request.tail);
    await this.#done(() => true);
  }

  async follow(): Promise<void> {
    const { signal, tail } = this.#request;
    this.#begin(tail);
    while (!this.#isOver() && !signal.aborted) {
      await this.#change();
      this.#begin(undefined);
    }
    await this.#done((pod) => pod === undefined || exitOf(pod, Date.now()) !== undefined);
    const last = AbortSignal.any([signal, AbortSignal.timeout(LAST_LINES_MS)]);
    await abortable(
      this.#done(() => true),
      last,
    ).catch(() => undefined);
  }

  /** Waits until the logs of some pods are at their end. */
  async #done(of: (pod: Pod | undefined) => boolean): Promise<void> {
    const readers = [...this.#readers.values()].filter(({ key }) => of(this.#sources.pods.get(key)));
    await Promise.all(readers.map(({ done }) => done));
  }

  /** Begins with every pod that has a log by now and is not read yet. */
  #begin(tail: number | undefined): void {
    for (const pod of this.#sources.pods.ownedBy(this.#job.metadata.uid ?? "")) {
      const { uid = "" } = pod.metadata;
      const worker = workerOf(pod);
      const label = worker && workerLabel(worker);
      const { worker: wanted, follow } = this.#request;
      const isPresent = worker && (follow ? worker.attempt >= this.#attempt : worker.attempt === this.#attempt);
      if (!label || !isAskedFor(label, wanted) || !isPresent || !hasLog(pod) || this.#readers.has(uid)) continue;
      this.#readers.set(uid, { key: keyOf(pod), done: this.#read(pod, label, tail) });
    }
  }

  /** Passes on what a pod writes, to its end. One log that breaks off is no reason to leave the others. */
  async #read(pod: Pod, worker: string, tailLines: number | undefined): Promise<void> {
    const { follow, signal } = this.#request;
    const { namespace = "", name } = pod.metadata;
    const path = pathOf(PODS, { namespace, name, subresource: "log" });
    const query = { follow, timestamps: true, container: containerOf(pod), tailLines };
    const push = (line: string, time: Date): Promise<boolean> =>
      // A pod has one log for both of its streams.
      this.#queue.push({ worker, line, time, stream: "LOG_STREAM_UNSPECIFIED" }, signal);
    try {
      const stream = await this.#sources.client.stream({ method: "GET", path, query, signal });
      for await (const text of logLines(stream)) {
        const gap = text.indexOf(" ");
        await push(text.slice(gap + 1), new Date(text.slice(0, gap)));
      }
    } catch (thrown) {
      if (signal.aborted) return;
      await push(`(its log breaks off: ${PetageError.from(thrown).message})`, new Date()).catch(() => undefined);
    }
  }

  #isOver(): boolean {
    const now = this.#sources.jobs.get(keyOf(this.#job));
    return now?.metadata.uid !== this.#job.metadata.uid || isTerminal(now?.status?.phase);
  }

  /** Waits for anything to change. */
  async #change(): Promise<void> {
    const { jobs, pods } = this.#sources;
    let stop = (): void => {};
    const changed = new Promise<void>((resolve) => {
      const stops = [jobs.onChange(() => resolve()), pods.onChange(() => resolve())];
      stop = () => stops.forEach((each) => each());
    });
    await abortable(changed, this.#request.signal).catch(() => undefined);
    stop();
  }
}
