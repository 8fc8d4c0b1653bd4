import { PetageError } from "#lib/base/errors.ts";

/** The calls that each client has open. */
export class ClientCalls {
  readonly #limit: number;
  readonly #open = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a call until it is disposed, once; RESOURCE_EXHAUSTED when the client has too many. */
  enter(client: string): Disposable {
    const open = this.#open.get(client) ?? 0;
    if (open >= this.#limit) {
      throw new PetageError("RESOURCE_EXHAUSTED", `${client} has ${open} calls open, the most that one client may`, {
        hint: "Wait for some of them, or set PETAGE_MAX_CALLS_PER_CLIENT of the service",
      });
    }
    this.#open.set(client, open + 1);
    let counted = true;
    return {
      [Symbol.dispose]: () => {
        if (counted) this.#leave(client);
        counted = false;
      },
    };
  }

  #leave(client: string): void {
    const open = this.#open.get(client) ?? 0;
    if (open > 1) this.#open.set(client, open - 1);
    else this.#open.delete(client);
  }
}
