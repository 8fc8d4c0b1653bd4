import { BoundedQueue } from "#lib/base/queue.ts";
import type { OutputLine } from "#lib/host/processes.ts";

export interface LogLine extends OutputLine {
  readonly time: Date;
}

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
    for (const follower of this.#followers) {
      if (follower.length < KEPT_LINES) void follower.push(line).catch(() => this.#followers.delete(follower));
    }
  }

  /** No more lines come. */
  end(): void {
    this.#ended = true;
    for (const follower of this.#followers) follower.end();
  }

  /** Kept lines, then (`follow`) the coming ones until the job ends. */
  async *read({
    follow,
    tail,
  }: {
    readonly follow: boolean;
    readonly tail: number | undefined;
  }): AsyncGenerator<LogLine> {
    const kept = tail === undefined ? [...this.#kept] : this.#kept.slice(Math.max(0, this.#kept.length - tail));
    if (!follow || this.#ended) return yield* kept;
    const queue = new BoundedQueue<LogLine>(KEPT_LINES);
    this.#followers.add(queue);
    try {
      yield* kept;
      yield* queue;
    } finally {
      this.#followers.delete(queue);
    }
  }
}
