import type { Clock } from "#lib/base/clock.ts";

/** The time that the mean looks back over. */
export const QUEUE_WINDOW_MS = 30_000;

const SLOT_MS = 1000;
const SLOTS = QUEUE_WINDOW_MS / SLOT_MS;

/** What happened within a second. */
interface Slot {
  readonly number: number;
  /** Of all photos together. */
  waitedMs: number;
  arrived: number;
}

/**
 * How long photos wait, as the mean over the last 30 seconds: the time that all of them waited, divided by how many
 * came. Those that wait still count with their time so far, so that it rises, too, when nothing gets through.
 */
export class QueueTime {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #slots: (Slot | undefined)[] = [];
  #countedMs: number;
  #waiting = 0;

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
    this.#countedMs = clock.nowMs();
  }

  /** Photos that wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  arrive(): void {
    this.#slotAt(this.#clock.nowMs()).arrived++;
  }

  /** So many more photos wait, or less. */
  change(delta: number): void {
    this.#count();
    this.#waiting += delta;
  }

  meanMs(): number {
    this.#count();
    const oldest = this.#slotAt(this.#clock.nowMs()).number - SLOTS + 1;
    const recent = this.#slots.filter((slot) => slot !== undefined && slot.number >= oldest);
    const waitedMs = recent.reduce((sum, slot) => sum + (slot?.waitedMs ?? 0), 0);
    const arrived = recent.reduce((sum, slot) => sum + (slot?.arrived ?? 0), 0);
    return waitedMs / Math.max(1, arrived);
  }

  /** Books the time since the last change into its seconds. */
  #count(): void {
    const nowMs = this.#clock.nowMs();
    let fromMs = Math.max(this.#countedMs, nowMs - QUEUE_WINDOW_MS);
    while (fromMs < nowMs) {
      const slot = this.#slotAt(fromMs);
      const toMs = Math.min(nowMs, (slot.number + 1) * SLOT_MS);
      slot.waitedMs += this.#waiting * (toMs - fromMs);
      fromMs = toMs;
    }
    this.#countedMs = nowMs;
  }

  #slotAt(timeMs: number): Slot {
    const number = Math.floor(timeMs / SLOT_MS);
    const index = number % SLOTS;
    let slot = this.#slots[index];
    if (slot?.number !== number) this.#slots[index] = slot = { number, waitedMs: 0, arrived: 0 };
    return slot;
  }
}
