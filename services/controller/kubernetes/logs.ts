import { abortable } from "#lib/base/signals.ts";
import { BoundedQueue } from "#lib/base/queue.ts";
import type { KubeClient } from "#lib/k8s/client.ts";
import { workerOf } from "#lib/k8s/job/names.ts";
import type { Pod } from "#lib/k8s/job/pod.ts";
import type { TrainingJobObject } from "#lib/k8s/job/training-job.ts";
import { pathOf, PODS } from "#lib/k8s/objects.ts";
import { lines } from "#lib/k8s/watch.ts";
import type { LogLine, LogWish } from "../service.ts";
import { workerLabel } from "#lib/train/job-state.ts";

/** Lines that wait for a slow reader; above, the pods' logs are read no further. */
const MAX_WAITING_LINES = 1024;

/** The lines that the pods of the present attempt wrote, as they come. */
export async function* podLogs(
  client: KubeClient,
  [job, pods]: readonly [TrainingJobObject, readonly Pod[]],
  { worker: wanted, follow, tail, signal }: LogWish,
): AsyncGenerator<LogLine> {
  const queue = new BoundedQueue<LogLine>(MAX_WAITING_LINES);
  const end = new AbortController();
  const reading = AbortSignal.any([signal, end.signal]);
  const read = async (pod: Pod, label: string): Promise<void> => {
    const { namespace = "", name } = pod.metadata;
    const path = pathOf(PODS, { namespace, name, subresource: "log" });
    const query = { follow, timestamps: true, container: pod.spec.containers[0]?.name, tailLines: tail };
    const stream = await client.stream({ method: "GET", path, query, signal: reading });
    for await (const text of lines(stream)) {
      const gap = text.indexOf(" ");
      const time = new Date(text.slice(0, gap));
      // A pod has one log for both of its streams.
      await queue.push({ worker: label, line: text.slice(gap + 1), time, stream: "LOG_STREAM_UNSPECIFIED" });
    }
  };
  const attempt = job.status?.attempt ?? 0;
  const readers = pods.flatMap((pod) => {
    const worker = workerOf(pod);
    const label = worker && workerLabel(worker);
    if (!label || worker.attempt !== attempt || (wanted !== "" && wanted !== label)) return [];
    return [read(pod, label).catch(() => undefined)]; // it has not started, or is gone: it has no log
  });
  void Promise.all(readers).then(() => queue.end());
  try {
    yield* queue;
  } finally {
    end.abort();
    queue.end();
    await abortable(Promise.all(readers), AbortSignal.timeout(1_000)).catch(() => undefined);
  }
}
