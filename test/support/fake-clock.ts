import type { Clock } from "#lib/base/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that passes when a test says so. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  date(): Date {
    return new Date(1_800_000_000_000 + this.#nowMs);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Disposable {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Timers that have not run and were not cancelled. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets time pass and calls the timers that are due, the earliest first. */
  pass(spanMs: number): void {
    const endMs = this.#nowMs + spanMs;
    while (this.#callNext(endMs));
    this.#nowMs = endMs;
  }

  /** Likewise; what each timer begins is done before the next one. */
  async advance(spanMs: number): Promise<void> {
    const endMs = this.#nowMs + spanMs;
    while (this.#callNext(endMs)) await settle();
    this.#nowMs = endMs;
    await settle();
  }

  #callNext(endMs: number): boolean {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0];
    if (!due) return false;
    this.#timers.delete(due);
    this.#nowMs = due.atMs;
    due.callback();
    return true;
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
