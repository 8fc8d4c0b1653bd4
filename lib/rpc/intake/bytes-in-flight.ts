import { FairPool, type Holder } from "./fair-pool.ts";

/** A call whose request takes bytes. */
export interface ByteHolder extends Holder {
  /** What it waits for has been taken for it, or cannot be. */
  wake(isTaken: boolean): void;
}

/** `waits`: for others of its connection to end. `full`: the server has no room. */
export type Reserved = "taken" | "waits" | "full";

interface Waiting<H> {
  readonly holder: H;
  readonly bytes: number;
}

/** The bytes of requests that a server has received, or has let come, and whose calls have not ended. */
export class BytesInFlight<H extends ByteHolder> {
  readonly #pool: FairPool<H>;
  readonly #connectionBytes: number;
  readonly #queues = new Map<string, Waiting<H>[]>();

  /** @param connectionBytes most of one connection, which the largest message fits into */
  constructor(serverBytes: number, connectionBytes: number) {
    this.#pool = new FairPool(serverBytes);
    this.#connectionBytes = connectionBytes;
  }

  get total(): number {
    return this.#pool.total;
  }

  isGreedy(owner: string): boolean {
    return this.#pool.isGreedy(owner);
  }

  /**
   * Takes bytes for a message before it comes. Taken as a whole: messages that each had a part, and waited for the
   * rest, would wait for each other.
   * @param mayWait not for what is here already
   */
  reserve(holder: H, bytes: number, mayWait: boolean): Reserved {
    if (mayWait && this.#mustWait(holder, bytes)) {
      const queue = this.#queues.get(holder.owner) ?? [];
      this.#queues.set(holder.owner, [...queue, { holder, bytes }]);
      return "waits";
    }
    return this.#pool.take(holder, bytes) ? "taken" : "full";
  }

  /** Gives back so much, or all; who waits may have it. */
  release(holder: H, bytes = Infinity): void {
    this.#pool.give(holder, bytes);
    const { owner } = holder;
    for (;;) {
      const next = this.#queues.get(owner)?.[0];
      if (!next || !this.#fits(owner, next.bytes)) return;
      this.#unqueue(owner, next);
      next.holder.wake(this.#pool.take(next.holder, next.bytes));
    }
  }

  /** The call has ended. */
  forget(holder: H): void {
    for (const waiting of this.#queues.get(holder.owner) ?? []) {
      if (waiting.holder === holder) this.#unqueue(holder.owner, waiting);
    }
    this.release(holder);
  }

  #mustWait({ owner }: H, bytes: number): boolean {
    return this.#queues.has(owner) || !this.#fits(owner, bytes);
  }

  #fits(owner: string, bytes: number): boolean {
    return this.#pool.shareOf(owner) + bytes <= this.#connectionBytes;
  }

  #unqueue(owner: string, waiting: Waiting<H>): void {
    const rest = (this.#queues.get(owner) ?? []).filter((each) => each !== waiting);
    if (rest.length > 0) this.#queues.set(owner, rest);
    else this.#queues.delete(owner);
  }
}
