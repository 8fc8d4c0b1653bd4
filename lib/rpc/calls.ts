import type { Metadata } from "@grpc/grpc-js";
import { PetageError } from "#lib/base/errors.ts";
import { sharedSignal } from "#lib/system/shared-signal.ts";

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

/** The calls of one server that its handlers are at work for, known to whoever waits for their end. */
export class OpenCalls {
  readonly #drain = new AbortController();
  readonly #open = new Set<AbortController>();
  #onIdle: (() => void) | undefined;
  /** Aborts when the server begins to drain. */
  readonly draining = sharedSignal(this.#drain.signal);

  /** Counts a call until it is disposed. */
  enter(): OpenCall {
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
