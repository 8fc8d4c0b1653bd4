import { abortable } from "#lib/base/signals.ts";
import { BoundedQueue } from "#lib/base/queue.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { pathOf, PODS } from "#lib/k8s/objects.ts";
import { lines } from "#lib/k8s/watch.ts";
import { isTerminal, workerLabel } from "#lib/train/job-state.ts";
import type { Phase } from "#lib/train/job-state.ts";
import type { LogLine, LogWish } from "../service.ts";

/** Lines that wait for a slow reader; above, the pods' logs are read no further. */
const MAX_WAITING_LINES = 1024;

/** Whose pods are read. */
export interface LogSource {
  readonly client: KubeClient;
  /** As it stands; undefined once it has been deleted. */
  job(): TrainingJobObject | undefined;
  pods(): readonly Pod[];
  /** Calls `listener` at every change of either, until the function returned is called. */
  onChange(listener: () => void): () => void;
}

/** The lines that the pods of the present attempt wrote; with `follow` those of every attempt to come, too. */
export async function* podLogs(source: LogSource, wish: LogWish): AsyncGenerator<LogLine> {
  const queue = new BoundedQueue<LogLine>(MAX_WAITING_LINES);
  const end = new AbortController();
  const reading = collect(source, [wish, queue], AbortSignal.any([wish.signal, end.signal]));
  void reading.then(() => queue.end());
  try {
    yield* queue;
  } finally {
    end.abort();
    queue.end();
    await abortable(reading, AbortSignal.timeout(1_000)).catch(() => undefined);
  }
}

async function collect(
  source: LogSource,
  [wish, queue]: readonly [LogWish, BoundedQueue<LogLine>],
  signal: AbortSignal,
): Promise<void> {
  const readers = new Map<string, Promise<void>>();
  for (let { tail } = wish; !signal.aborted; tail = undefined) {
    const changed = changeOf(source, signal); // what changes during this look is not missed
    const job = source.job();
    for (const writer of job ? writersOf(job, source.pods(), wish.worker) : []) {
      const { uid = "" } = writer.pod.metadata;
      if (readers.has(uid)) continue;
      const reading = read(source.client, { ...writer, queue, follow: wish.follow, tail }, signal);
      readers.set(
        uid,
        reading.catch(() => undefined),
      ); // it is gone: it has no log
    }
    if (!wish.follow || !job || isTerminal((job.status?.phase ?? "Pending") as Phase)) break;
    await changed;
  }
  await Promise.all(readers.values());
}

interface Writer {
  readonly pod: Pod;
  /** `trainer-0` */
  readonly label: string;
}

/** The pods of the present attempt that have begun to write, or the one that is wanted. */
function writersOf({ status }: TrainingJobObject, pods: readonly Pod[], wanted: string): Writer[] {
  return pods.flatMap((pod) => {
    const worker = workerOf(pod);
    if (!worker || worker.attempt !== (status?.attempt ?? 0) || pod.status?.phase === "Pending") return [];
    const label = workerLabel(worker);
    return wanted === "" || wanted === label ? [{ pod, label }] : [];
  });
}

interface Reading extends Writer {
  readonly queue: BoundedQueue<LogLine>;
  readonly follow: boolean;
  readonly tail: number | undefined;
}

async function read(
  client: KubeClient,
  { pod, label, queue, follow, tail }: Reading,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  const path = pathOf(PODS, { namespace, name, subresource: "log" });
  const query = { follow, timestamps: true, container: pod.spec.containers[0]?.name, tailLines: tail };
  const stream = await client.stream({ method: "GET", path, query, signal });
  for await (const text of lines(stream)) {
    const gap = text.indexOf(" ");
    const time = new Date(text.slice(0, gap));
    // A pod has one log for both of its streams.
    await queue.push({ worker: label, line: text.slice(gap + 1), time, stream: "LOG_STREAM_UNSPECIFIED" });
  }
}

async function changeOf(source: LogSource, signal: AbortSignal): Promise<void> {
  let forget = (): void => {};
  const changed = new Promise<void>((resolve) => (forget = source.onChange(resolve)));
  await abortable(changed, signal).catch(() => undefined);
  forget();
}
