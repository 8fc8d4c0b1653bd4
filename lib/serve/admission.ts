import { PetageError } from "#lib/base/errors.ts";

export interface AdmissionLimits {
  /** Photos that may be inside at a time. */
  readonly maxItems: number;
  /** Encoded bytes that they may hold together. */
  readonly maxBytes: number;
}

const DEFAULT_ADMISSION: AdmissionLimits = { maxItems: 512, maxBytes: 256 * 2 ** 20 };

/** Lets photos into the server as far as memory allows. */
export class Admission {
  readonly #limits: AdmissionLimits;
  #items = 0;
  #bytes = 0;

  constructor(limits: AdmissionLimits = DEFAULT_ADMISSION) {
    this.#limits = limits;
  }

  /** Counts a photo until it is disposed. UNAVAILABLE when there are too many, or too large ones. */
  enter(bytes: number): Disposable {
    if (this.#items >= this.#limits.maxItems || this.#bytes + bytes > this.#limits.maxBytes) {
      throw new PetageError("UNAVAILABLE", `Server is overloaded: ${this.#items} photos are inside already`, {
        hint: "Try again in a moment",
      });
    }
    this.#items++;
    this.#bytes += bytes;
    return {
      [Symbol.dispose]: () => {
        this.#items--;
        this.#bytes -= bytes;
      },
    };
  }
}
