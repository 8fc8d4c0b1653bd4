import { BoundedQueue } from "#lib/base/queue.ts";
import { isAskedFor } from "#lib/jobs/job-state.ts";
import type { LogLine, LogRequest } from "../service.ts";

/** Lines of a job that are kept for who asks later, and that a slow follower may fall behind. */
const KEPT_LINES = 5_000;

/** What the processes of a job wrote: the last lines, and a stream of the coming ones. */
export class LogBuffer {
  readonly #kept: LogLine[] = [];
  readonly #followers = new Set<BoundedQueue<LogLine>>();
  #ended = false;

  add(line: LogLine): void {
    this.#kept.push(line);
    if (this.#kept.length > KEPT_LINES) this.#kept.shift();
    for (const follower of this.#followers) follower.offer(line);
  }

  /** No more lines come. */
  end(): void {
    this.#ended = true;
    for (const follower of this.#followers) follower.end();
  }

  /** Kept lines, then (`follow`) the coming ones until the job ends. */
  async *read({ worker, follow, tail }: Omit<LogRequest, "signal">): AsyncGenerator<LogLine> {
    const wanted = (line: LogLine): boolean => isAskedFor(line.worker, worker);
    const lines = this.#kept.filter(wanted);
    const kept = lines.slice(Math.max(0, lines.length - (tail ?? lines.length)));
    if (!follow || this.#ended) return yield* kept;
    const queue = new BoundedQueue<LogLine>(KEPT_LINES);
    this.#followers.add(queue);
    try {
      yield* kept;
      for await (const line of queue) if (wanted(line)) yield line;
    } finally {
      this.#followers.delete(queue);
    }
  }
}
