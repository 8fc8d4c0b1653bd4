import { abortable } from "#lib/base/signals.ts";
import { Backoff } from "./backoff.ts";
import type { BackoffOptions } from "./backoff.ts";

/** A key may come back earlier than asked for, never later: whoever handles it looks at the whole state anyway. */
const MAX_DELAY_MS = 24 * 60 * 60 * 1000;

export const RETRY_BACKOFF: BackoffOptions = { firstMs: 50, maximumMs: 60_000 };

interface Delayed {
  readonly timer: NodeJS.Timeout;
  readonly dueMs: number;
}

/**
 * Keys of objects that want a look, as in client-go: a key is queued once however often it is added, is handled by one
 * worker at a time, and comes again when it was added meanwhile. It holds a key per object, so it is bounded by their
 * number.
 */
export class WorkQueue implements Disposable {
  readonly #queue: string[] = [];
  /** Wants a look, whether queued or being handled. */
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #backoffs = new Map<string, Backoff>();
  readonly #waiting = new Set<() => void>();
  readonly #retry: BackoffOptions;
  readonly #random: () => number;

  constructor({ retry = RETRY_BACKOFF, random = Math.random }: { retry?: BackoffOptions; random?: () => number } = {}) {
    this.#retry = retry;
    this.#random = random;
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#queue.length;
  }

  add(key: string): void {
    if (this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#push(key);
  }

  /** Adds a key later; of several times the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) return this.add(key);
    const wait = Math.min(delayMs, MAX_DELAY_MS);
    const dueMs = performance.now() + wait;
    const earlier = this.#delayed.get(key);
    if (earlier && earlier.dueMs <= dueMs) return;
    clearTimeout(earlier?.timer);
    const timer = setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, wait);
    this.#delayed.set(key, { timer, dueMs });
  }

  /** Adds a key whose handling failed, each time later, and not before the server wants to hear of us again. */
  retry(key: string, atLeastMs = 0): void {
    const backoff = this.#backoffs.get(key) ?? new Backoff(this.#retry, this.#random);
    this.#backoffs.set(key, backoff);
    this.addAfter(key, Math.max(atLeastMs, backoff.next()));
  }

  /** Handling a key went well: its next failure waits shortly again. */
  forget(key: string): void {
    this.#backoffs.delete(key);
  }

  /** The next key, to be handled and then given to `done`; undefined when the signal aborts. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    while (this.#queue.length === 0 && !signal.aborted) {
      let wake = (): void => {};
      const woken = new Promise<void>((resolve) => (wake = resolve));
      this.#waiting.add(wake);
      await abortable(woken, signal).catch(() => undefined);
      this.#waiting.delete(wake);
    }
    if (signal.aborted) {
      if (this.#queue.length > 0) this.#wakeOne(); // it may have been this one that was woken for a key
      return undefined;
    }
    const key = this.#queue.shift();
    if (key === undefined) return undefined;
    this.#dirty.delete(key);
    this.#processing.add(key);
    return key;
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key)) this.#push(key);
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
  }

  #push(key: string): void {
    this.#queue.push(key);
    this.#wakeOne();
  }

  #wakeOne(): void {
    for (const wake of this.#waiting) {
      this.#waiting.delete(wake);
      return wake();
    }
  }
}
