import { PetageError } from "#lib/base/errors.ts";
import { shellCommand } from "#lib/base/shell.ts";
import { BoundedQueue } from "#lib/base/queue.ts";
import { readableLine } from "#lib/host/logger.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import { containerOf, hasLog, logLines } from "#lib/k8s/job/pod-log.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { PODS, pathOf } from "#lib/k8s/objects.ts";
import { sharedSignal } from "#lib/system/shared-signal.ts";
import { changes } from "./watch-changes.ts";
import { statusOf } from "./job-api.ts";
import type { LogLine, LogQuery } from "./job-api.ts";
import { told } from "./server-words.ts";
import { choosePods, labelOf, waitsFor, workersSelector } from "./worker-pods.ts";

/** Lines that wait to be shown; beyond them the pods' streams wait. */
const MAX_WAITING_LINES = 1_000;
export interface PodLogOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly job: TrainingJobObject;
  readonly query: LogQuery;
  /** Resolves when the job has ended; rejects when it was deleted. */
  ended(signal: AbortSignal): Promise<void>;
}

/** What the pods of a job wrote. Without `follow`: of those that are there, one after another. */
export function podLogs(options: PodLogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  return options.query.follow ? followedLogs(options, signal) : keptLogs(options, signal);
}

async function* keptLogs(options: PodLogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const pods = await listPods(options, signal);
  const started = choosePods(pods, options.query).filter(hasLog);
  if (started.length === 0) throw nothingYet(options, pods);
  let failure: PetageError | undefined;
  for (const pod of started) {
    try {
      yield* linesOf([options, options.query.tailLines], pod, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      failure ??= PetageError.from(thrown); // no reason to leave out the others
    }
  }
  if (failure) throw failure;
}

/** Of pods that come and go, as the lines arrive, until the job has ended. */
async function* followedLogs(options: PodLogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const end = new AbortController();
  const queue = new BoundedQueue<LogLine>(MAX_WAITING_LINES);
  const collecting = collect(options, queue, sharedSignal(AbortSignal.any([signal, end.signal])));
  collecting.then(
    () => queue.end(),
    (thrown: unknown) => queue.end(thrown),
  );
  try {
    yield* queue;
  } finally {
    end.abort();
  }
}

async function collect(options: PodLogOptions, queue: BoundedQueue<LogLine>, signal: AbortSignal): Promise<void> {
  const { client, namespace, job, query } = options;
  const over = new AbortController();
  const ended = options.ended(signal).finally(() => over.abort());
  ended.catch(() => {}); // it is awaited below
  const streams = new Map<string | undefined, Promise<void>>();
  let { tailLines } = query;
  const take = (pods: readonly Pod[]): void => {
    for (const pod of choosePods(pods, query).filter(hasLog)) {
      const { uid } = pod.metadata;
      if (!streams.has(uid)) streams.set(uid, pump([options, tailLines], [pod, queue], signal));
    }
    tailLines = undefined; // who begins later has written nothing that is known
  };
  const selection = { type: PODS, namespace, labelSelector: workersSelector(job) };
  for await (const pods of changes<Pod>(client, selection, AbortSignal.any([signal, over.signal]))) take(pods);
  await ended;
  const left = await listPods(options, signal);
  take(left); // one may have come and gone with the job's last change
  if (streams.size === 0) throw nothingYet(options, left);
  await Promise.all(streams.values());
}

/** Whose log, and with how many of the lines that are there already; undefined: with all. */
type Tail = readonly [options: PodLogOptions, tailLines: number | undefined];

/** Passes on what a pod writes, to its end. One log that breaks off is no reason to leave the others. */
async function pump(
  tail: Tail,
  [pod, queue]: readonly [Pod, BoundedQueue<LogLine>],
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const line of linesOf(tail, pod, signal)) await queue.push(line, signal);
  } catch (thrown) {
    if (signal.aborted) return;
    const line = `(its log breaks off: ${PetageError.from(thrown).message})`;
    await queue.push({ worker: labelOf(pod), line }, signal).catch(() => {});
  }
}

async function listPods({ client, namespace, job }: PodLogOptions, signal: AbortSignal): Promise<readonly Pod[]> {
  const query = { labelSelector: workersSelector(job) };
  return (await told(client.list<Pod>(PODS, { namespace, query }, signal))).items;
}

async function* linesOf([options, tailLines]: Tail, pod: Pod, signal: AbortSignal): AsyncGenerator<LogLine> {
  const { client, namespace } = options;
  const path = pathOf(PODS, { namespace, name: pod.metadata.name, subresource: "log" });
  const query = { container: containerOf(pod), follow: options.query.follow, tailLines };
  const stream = await told(client.stream({ method: "GET", path, query, signal }));
  for await (const line of logLines(stream)) yield { worker: labelOf(pod), line: readableLine(line) };
}

function nothingYet({ job, query }: PodLogOptions, there: readonly Pod[]): PetageError {
  const { name } = job.metadata;
  const { phase = "Pending", message = "" } = statusOf(job);
  const waiting = choosePods(there, query).map((pod) => `${labelOf(pod)} ${waitsFor(pod)}`);
  const attempts = [...new Set(there.map((pod) => workerOf(pod)?.attempt ?? 0))].toSorted((a, b) => a - b);
  const left = attempts.length > 0 ? `its pods are of attempt ${attempts.join(", ")}` : message ? "" : "no pods";
  const why = waiting.join("; ") || [phase, message, left].filter(Boolean).join(": ");
  return new PetageError("FAILED_PRECONDITION", `Job ${name} has written nothing that is still there (${why})`, {
    hint: `\`${shellCommand(["petage", "job", "get", name])}\` shows where it stands; --follow waits for it`,
  });
}
