import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import { systemClock } from "./clock.ts";

export interface DeadlineOptions {
  /** A signal to follow: its abort is the deadline's, too. */
  readonly signal?: AbortSignal | undefined;
  /** Why it aborts when the time is over. */
  readonly reason?: PetageError;
  readonly clock?: Clock;
}

/** A signal that aborts by itself in time. Disposing it leaves nothing behind, neither a timer nor a listener. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #followed: AbortSignal | undefined;
  readonly #follow = (): void => this.#controller.abort(this.#followed?.reason);
  readonly #start: () => Disposable;
  #timer: Disposable;

  constructor(timeoutMs: number, options: DeadlineOptions = {}) {
    const { signal, clock = systemClock } = options;
    const { reason = new PetageError("DEADLINE_EXCEEDED", `Nothing arrived for ${timeoutMs} ms`) } = options;
    this.#followed = signal;
    this.#start = () => clock.after(timeoutMs, () => this.#controller.abort(reason));
    this.#timer = this.#start();
    if (signal?.aborted) this.#follow();
    else signal?.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives the whole time again. */
  refresh(): void {
    this.#timer[Symbol.dispose]();
    this.#timer = this.#start();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#followed?.removeEventListener("abort", this.#follow);
  }
}
