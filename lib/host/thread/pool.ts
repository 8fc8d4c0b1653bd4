import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import type { Remote } from "./remote.ts";

export interface ThreadPoolOptions<Target> {
  readonly open: () => Remote<Target>;
  /** Threads that work at a time; further work waits. */
  readonly maxThreads: number;
  /** Threads that were given up and have not ended: each is in the middle of what nothing can interrupt. */
  readonly maxGivenUp: number;
  /** What to say when so many have not. */
  readonly exhausted: (givenUp: number) => PetageError;
}

/**
 * Threads that each do one thing at a time. Work whose signal aborts is given up together with its thread, so that it
 * keeps nobody waiting: the thread ends at once if it computes, and otherwise when the system lets go of it, as with a
 * disk that does not answer or an image that libvips decodes.
 */
export class ThreadPool<Target> implements AsyncDisposable {
  readonly #options: ThreadPoolOptions<Target>;
  readonly #idle: Remote<Target>[] = [];
  readonly #waiting = new Set<() => void>();
  #busy = 0;
  #givenUp = 0;

  constructor(options: ThreadPoolOptions<Target>) {
    this.#options = options;
  }

  /** Works in a thread that does nothing else meanwhile. Rejects with the signal's reason as soon as that aborts. */
  async run<Result>(work: (thread: Remote<Target>) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const thread = await this.#take(signal);
    let isLost = true;
    try {
      const result = await abortable(work(thread), signal);
      isLost = false;
      return result;
    } catch (thrown) {
      isLost = signal.aborted || PetageError.from(thrown).code === "PROCESS_FAILED";
      throw thrown;
    } finally {
      if (isLost) void this.#giveUp(thread);
      else this.#idle.push(thread);
      this.#busy -= 1;
      for (const wake of this.#waiting) wake();
    }
  }

  /** Ends the threads that are idle; those that work end by the signal of their work. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread[Symbol.asyncDispose]()));
  }

  async #take(signal: AbortSignal): Promise<Remote<Target>> {
    const { maxThreads, maxGivenUp, exhausted, open } = this.#options;
    signal.throwIfAborted();
    while (this.#busy >= maxThreads) await this.#freed(signal);
    const idle = this.#idle.pop();
    if (!idle && this.#givenUp >= maxGivenUp) throw exhausted(this.#givenUp);
    this.#busy += 1;
    return idle ?? open();
  }

  async #freed(signal: AbortSignal): Promise<void> {
    let wake = (): void => {};
    const freed = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    await abortable(freed, signal).finally(() => this.#waiting.delete(wake));
  }

  async #giveUp(thread: Remote<Target>): Promise<void> {
    this.#givenUp += 1;
    await thread[Symbol.asyncDispose]();
    this.#givenUp -= 1;
  }
}
