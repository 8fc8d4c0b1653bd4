/** A message on its way to the next rank, and how many bytes were sent before it. */
interface SentFrame {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/**
 * What a rank has sent and the next one has not said that it has: kept to be sent again, since NATS loses what is on its
 * way when a connection breaks. The window of the link bounds it.
 */
export class SentFrames {
  #frames: SentFrame[] = [];
  #totalBytes = 0;
  #arrivedBytes = 0;

  /** Bytes that were sent since the beginning. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Whether all of them have arrived. */
  get allArrived(): boolean {
    return this.#arrivedBytes === this.#totalBytes;
  }

  add(bytes: Uint8Array): void {
    this.#frames.push({ position: this.#totalBytes, bytes });
    this.#totalBytes += bytes.length;
  }

  /** Forgets what has arrived; says that come late change nothing. */
  arrived(totalBytes: number): void {
    this.#arrivedBytes = Math.max(this.#arrivedBytes, totalBytes);
    const firstLeft = this.#frames.findIndex(({ position }) => position >= this.#arrivedBytes);
    this.#frames.splice(0, firstLeft === -1 ? this.#frames.length : firstLeft);
  }

  /** What is to be sent again to a rank that has got so many bytes. */
  after(totalBytes: number): readonly Uint8Array[] {
    return this.#frames.filter(({ position }) => position >= totalBytes).map(({ bytes }) => bytes);
  }
}
