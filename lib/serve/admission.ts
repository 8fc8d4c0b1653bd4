import { PetageError } from "#lib/base/errors.ts";

export interface AdmissionLimits {
  /** Photos that may be inside at a time. */
  readonly maxItems: number;
  /** Encoded bytes that they may hold together. */
  readonly maxBytes: number;
  /** Photos that may be decoded at a time; the others wait. Each may need `maxImagePixels` x 3 bytes. */
  readonly maxDecodes: number;
}

const DEFAULT_ADMISSION: AdmissionLimits = { maxItems: 512, maxBytes: 256 * 2 ** 20, maxDecodes: 4 };

/** Lets photos into the server as far as memory allows, and to the decoders a few at a time. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #waiting: (() => void)[] = [];
  #items = 0;
  #bytes = 0;
  #decodes = 0;

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

  /** Runs one decode when it is its turn; `onWaiting` hears that one more waits, and that it waits no more. */
  async decode<T>(work: () => Promise<T>, onWaiting: (delta: number) => void): Promise<T> {
    onWaiting(1);
    while (this.#decodes >= this.#limits.maxDecodes) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    onWaiting(-1);
    this.#decodes++;
    try {
      return await work();
    } finally {
      this.#decodes--;
      this.#waiting.shift()?.();
    }
  }
}
