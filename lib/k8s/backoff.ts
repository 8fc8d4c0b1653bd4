export interface BackoffOptions {
  readonly firstMs: number;
  readonly maximumMs: number;
}

/** Waits that double with every failure, each anywhere between nothing and its bound ("full jitter"). */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /** How long to wait now, ms. */
  next(): number {
    const { firstMs, maximumMs } = this.#options;
    const bound = Math.min(maximumMs, firstMs * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 32);
    return bound * this.#random();
  }

  reset(): void {
    this.#failures = 0;
  }
}
