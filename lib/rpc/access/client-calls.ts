import { PetageError } from "#lib/base/errors.ts";
import { FairPool, type Holder } from "../intake/fair-pool.ts";

/** The calls that each client has open, over whatever connections. */
export class ClientCalls {
  readonly #limit: number;
  readonly #open = new Map<string, FairPool<Holder>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a call until it is disposed; RESOURCE_EXHAUSTED when the client has too many that none gives way. */
  enter(client: string, call: Holder): Disposable {
    const open = this.#open.get(client) ?? new FairPool(this.#limit);
    if (!open.take(call)) {
      throw new PetageError(
        "RESOURCE_EXHAUSTED",
        `${client} has ${open.total} calls open, the most that one client may`,
        {
          hint: "Wait for some of them, or set PETAGE_MAX_CALLS_PER_CLIENT of the service",
        },
      );
    }
    this.#open.set(client, open);
    return {
      [Symbol.dispose]: () => {
        open.give(call);
        if (open.total === 0 && this.#open.get(client) === open) this.#open.delete(client);
      },
    };
  }
}
