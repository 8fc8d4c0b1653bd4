import { abortReason } from "./signals.ts";
import { assert } from "./assert.ts";
import { PetageError } from "./errors.ts";

/** A bounded first-in first-out queue between async producers and one consumer. `push` waits while it is full. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #waitingPushes: (() => void)[] = [];
  #waitingPop: (() => void) | undefined;
  #end: { readonly error: unknown } | undefined;

  /** @param capacity most items held at a time, at least 1. */
  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity >= 1, `queue capacity is ${capacity}, expected an integer >= 1`);
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Resolves once the item is in; rejects with the signal's reason, or when the queue was ended meanwhile. */
  async push(item: T, signal?: AbortSignal): Promise<void> {
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
    assert(!this.#end, "pushed into a queue that has ended");
    this.#items.push(item);
    this.#waitingPop?.();
  }

  /** No more items come; what is inside is still delivered. With an error the consumer throws it after that. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#waitingPop?.();
    for (const resolve of this.#waitingPushes.splice(0)) resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) {
          this.#waitingPushes.shift()?.();
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

  #finish({ error }: { readonly error?: unknown }): void {
    if (error !== undefined) throw PetageError.from(error);
  }
}
