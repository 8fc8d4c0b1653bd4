import { abortReason } from "./signals.ts";
import { assert } from "./assert.ts";
import { PetageError } from "./errors.ts";

/**
 * A bounded first-in first-out queue between async producers and one consumer. Once it has ended, or its consumer has
 * left, what still comes is ignored and counted: a producer cannot know when that happens.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #waitingPushes: (() => void)[] = [];
  #waitingPop: (() => void) | undefined;
  #end: { readonly error: unknown } | undefined;
  #dropped = 0;

  /** @param capacity most items held at a time, at least 1. */
  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity >= 1, `queue capacity is ${capacity}, expected an integer >= 1`);
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Items that were not taken: offered while it was full, or come after its end. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Puts the item in if there is room now. Returns whether it is in. */
  offer(item: T): boolean {
    if (this.#end || this.#items.length >= this.#capacity) {
      this.#dropped++;
      return false;
    }
    this.#items.push(item);
    this.#waitingPop?.();
    return true;
  }

  /** Waits for room. Resolves to whether the item is in: not when the queue has ended. Rejects with the signal's reason. */
  async push(item: T, signal?: AbortSignal): Promise<boolean> {
    while (this.#items.length >= this.#capacity && !this.#end) {
      if (signal?.aborted) throw abortReason(signal);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        this.#waitingPushes.push(wake);
        signal?.addEventListener("abort", wake, { once: true });
      });
    }
    if (signal?.aborted) throw abortReason(signal);
    return this.offer(item);
  }

  /** No more items come; what is inside is still delivered. With an error the consumer throws it after that. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#waitingPop?.();
    this.#wakePushes();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#wakePushes();
          yield item;
        } else if (this.#end) {
          return this.#finish(this.#end);
        } else {
          await new Promise<void>((resolve) => (this.#waitingPop = resolve));
          this.#waitingPop = undefined;
        }
      }
    } finally {
      this.end();
    }
  }

  /** All of them, in their order: one that was aborted meanwhile must not take the turn of another. */
  #wakePushes(): void {
    for (const wake of this.#waitingPushes.splice(0)) wake();
  }

  #finish({ error }: { readonly error?: unknown }): void {
    if (error !== undefined) throw PetageError.from(error);
  }
}
