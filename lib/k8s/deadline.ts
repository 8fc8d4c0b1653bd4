import { PetageError } from "#lib/base/errors.ts";

/** A signal that follows another and aborts by itself in time. Disposing it leaves nothing behind on the other one. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #followed: AbortSignal | undefined;
  readonly #follow = (): void => this.#controller.abort(this.#followed?.reason);

  constructor(timeoutMs: number, followed?: AbortSignal) {
    this.#followed = followed;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new PetageError("DEADLINE_EXCEEDED", `Nothing arrived for ${timeoutMs} ms`));
    }, timeoutMs);
    if (followed?.aborted) this.#follow();
    else followed?.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives the whole time again. */
  refresh(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#followed?.removeEventListener("abort", this.#follow);
  }
}
