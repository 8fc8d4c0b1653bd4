const WEIGHT = 1 / 32; // of the last answer; a batch gives as many alike as it has photos
const DEVIATIONS = 4;

/** How much later than foreseen answers come, estimated as TCP estimates round-trip times (RFC 6298, section 2). */
export class ForecastError {
  #meanMs = 0;
  #deviationMs = 0;

  /** An answer came so much later than foreseen. */
  add(lateMs: number): void {
    const offMs = lateMs - this.#meanMs;
    this.#meanMs += WEIGHT * offMs;
    this.#deviationMs += WEIGHT * (Math.abs(offMs) - this.#deviationMs);
  }

  /** Hardly any answer comes later than foreseen by more than this. */
  get marginMs(): number {
    return this.#meanMs + DEVIATIONS * this.#deviationMs;
  }
}
