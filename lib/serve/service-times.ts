/** How much the last batch counts in the average. */
const WEIGHT = 0.2;

/** How long batches take, by their size: moving averages of what was measured. */
export class ServiceTimes {
  readonly #ms = new Map<number, number>();

  add(size: number, ms: number): void {
    const before = this.#ms.get(size) ?? ms;
    this.#ms.set(size, before + WEIGHT * (ms - before));
  }

  /** Milliseconds; of the next larger size, or else of the largest, where this one was never measured. 0 at first. */
  of(size: number): number {
    const known = this.#ms.get(size);
    if (known !== undefined) return known;
    const sizes = [...this.#ms.keys()].toSorted((a, b) => a - b);
    return this.#ms.get(sizes.find((other) => other >= size) ?? sizes.at(-1) ?? 0) ?? 0;
  }
}
