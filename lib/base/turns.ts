/** Lets in one at a time, in the order in which they came. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for the turn. Disposing the result gives it to the next one. */
  async next(): Promise<Disposable> {
    const before = this.#last;
    let leave = (): void => {};
    this.#last = new Promise((resolve) => (leave = resolve));
    await before;
    return { [Symbol.dispose]: leave };
  }
}
