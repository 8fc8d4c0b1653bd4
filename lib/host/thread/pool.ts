import { PetageError } from "#lib/base/errors.ts";
import { abortable } from "#lib/base/signals.ts";
import { Deadline } from "#lib/system/deadline.ts";
import type { Remote } from "./remote.ts";

export interface ThreadPoolOptions<Target> {
  readonly open: () => Remote<Target>;
  /** Resolves when a thread that was opened can work. Starting takes long: no caller who leaves ends it. */
  readonly warm: (thread: Remote<Target>) => Promise<unknown>;
  /** Threads that work at a time; further work waits. */
  readonly maxThreads: number;
  /** Threads that were given up and have not ended: each is in the middle of what nothing can interrupt. */
  readonly maxGivenUp: number;
  /** What to say when so many have not. */
  readonly exhausted: (givenUp: number) => PetageError;
}

/** A thread, and whether it can work. */
interface Hired<Target> {
  readonly thread: Remote<Target>;
  readonly warm: Promise<unknown>;
}

/**
 * How long work goes on that nobody waits for any more. A new thread takes about as long to start: to end one at once
 * would let callers who leave, or whose deadlines are short, keep all threads starting and none working.
 */
const MAX_LEFT_MS = 1_000;

/**
 * Threads that each do one thing at a time. Work whose signal aborts keeps nobody waiting. If it does not end soon after,
 * it is given up together with its thread: the thread ends at once if it computes, and otherwise when the system lets go
 * of it, as with a disk that does not answer or an image that libvips decodes.
 */
export class ThreadPool<Target> implements AsyncDisposable {
  readonly #options: ThreadPoolOptions<Target>;
  readonly #idle: Hired<Target>[] = [];
  readonly #waiting = new Set<() => void>();
  #busy = 0;
  #givenUp = 0;
  #isDisposed = false;

  constructor(options: ThreadPoolOptions<Target>) {
    this.#options = options;
  }

  /** Works in a thread that does nothing else meanwhile. Rejects with the signal's reason as soon as that aborts. */
  async run<Result>(work: (thread: Remote<Target>) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const hired = await this.#take(signal);
    const done = hired.warm.then(() => {
      signal.throwIfAborted();
      return work(hired.thread);
    });
    const released = this.#release(hired, done, signal);
    try {
      return await abortable(done, signal);
    } finally {
      if (!signal.aborted) await released; // who asks again at once finds the thread
    }
  }

  /** Ends the threads that are idle; those that work end with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await Promise.all(this.#idle.splice(0).map(({ thread }) => thread[Symbol.asyncDispose]()));
  }

  async #take(signal: AbortSignal): Promise<Hired<Target>> {
    const { maxThreads, maxGivenUp, exhausted } = this.#options;
    signal.throwIfAborted();
    while (this.#busy >= maxThreads) await this.#freed(signal);
    const idle = this.#idle.pop();
    if (!idle && this.#givenUp >= maxGivenUp) throw exhausted(this.#givenUp);
    this.#busy += 1;
    return idle ?? this.#hire();
  }

  #hire(): Hired<Target> {
    const thread = this.#options.open();
    return { thread, warm: this.#options.warm(thread) };
  }

  async #release(hired: Hired<Target>, done: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const isLost = await outlasts(hired.warm, done, signal);
    if (isLost || this.#isDisposed) void this.#giveUp(hired);
    else this.#idle.push(hired);
    this.#busy -= 1;
    for (const wake of this.#waiting) wake();
  }

  async #freed(signal: AbortSignal): Promise<void> {
    let wake = (): void => {};
    const freed = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    await abortable(freed, signal).finally(() => this.#waiting.delete(wake));
  }

  async #giveUp({ thread }: Hired<Target>): Promise<void> {
    this.#givenUp += 1;
    await thread[Symbol.asyncDispose]();
    this.#givenUp -= 1;
  }
}

/** Resolves when a thread's work has ended or must be given up, with whether the thread is lost. */
async function outlasts(warm: Promise<unknown>, done: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const isLost = done.then(
    () => false,
    (thrown: unknown) => PetageError.from(thrown).code === "PROCESS_FAILED",
  );
  const ended = await abortable(isLost, signal).catch(() => undefined);
  if (ended !== undefined) return ended;
  await warm.catch(() => {}); // then its work has failed, too
  using limit = new Deadline(MAX_LEFT_MS);
  return await abortable(isLost, limit.signal).catch(() => true);
}
