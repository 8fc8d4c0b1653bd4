import type { Metadata } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import { MAX_OPEN_CALLS } from "./limits.ts";

/** What a handler knows of the call it answers. */
export interface CallContext {
  /** Aborts when the caller cancels, its deadline passes or its connection breaks; for a server stream also on drain. */
  readonly signal: AbortSignal;
  readonly deadline: Date | undefined;
  readonly metadata: Metadata;
  /** Address of the caller. */
  readonly peer: string;
}

/** A call in progress. Disposing says that it is answered. */
export interface OpenCall extends Disposable {
  /** Its signal is what the handler sees. */
  readonly cancel: AbortController;
}

/** The calls in progress of one server: bounded in number, and known to whoever waits for their end. */
export class OpenCalls {
  readonly #limit: number;
  readonly #drain = new AbortController();
  readonly #open = new Set<AbortController>();
  #onIdle: (() => void) | undefined;

  constructor(limit: number = MAX_OPEN_CALLS) {
    this.#limit = limit;
  }

  /** Aborts when the server begins to drain. */
  get draining(): AbortSignal {
    return this.#drain.signal;
  }

  /** Counts a call until it is disposed; UNAVAILABLE when there are too many. */
  enter(): OpenCall {
    if (this.#open.size >= this.#limit) {
      throw new PetageError("UNAVAILABLE", `Server is busy with ${this.#open.size} calls, the most it takes`, {
        hint: "Try again in a moment",
      });
    }
    const cancel = new AbortController();
    this.#open.add(cancel);
    return { cancel, [Symbol.dispose]: () => this.#leave(cancel) };
  }

  #leave(cancel: AbortController): void {
    this.#open.delete(cancel);
    if (this.#open.size === 0) this.#onIdle?.();
  }

  /** Tells the streams to end, and resolves once no call is left. */
  async drain(): Promise<void> {
    this.#drain.abort(shuttingDown());
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  /** Answers every call that is left with UNAVAILABLE. */
  end(): void {
    for (const cancel of this.#open) cancel.abort(shuttingDown());
  }
}

export function shuttingDown(): PetageError {
  return new PetageError("UNAVAILABLE", "Server is shutting down", { hint: "Try again: another one may take over" });
}
