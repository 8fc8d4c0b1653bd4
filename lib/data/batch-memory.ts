import type { Batch, LentBatch } from "./types.ts";

/**
 * Owns the memory of a source's batches: what its readers have given back is used again. It never waits: a batch that
 * nobody gives back keeps its memory to itself. How many are under way is for the source to bound.
 */
export class BatchMemory {
  readonly #free: SharedArrayBuffer[] = [];
  readonly #maxFreeBuffers: number;

  constructor({ maxFreeBuffers }: { readonly maxFreeBuffers: number }) {
    this.#maxFreeBuffers = maxFreeBuffers;
  }

  /** Memory for the images of another batch; undefined where none is free, and new memory is to be made. */
  take(): SharedArrayBuffer | undefined {
    return this.#free.pop();
  }

  /** Hands a batch to its reader. */
  lend(batch: Batch): LentBatch {
    const { buffer } = batch.images;
    let isLent = true;
    return disposable(batch, () => {
      if (isLent && buffer instanceof SharedArrayBuffer) this.#keep(buffer);
      isLent = false;
    });
  }

  #keep(buffer: SharedArrayBuffer): void {
    if (this.#free.length < this.#maxFreeBuffers) this.#free.push(buffer);
  }
}

/** A batch whose reader says when it is done with it. What is called then is no part of what is compared, copied or sent. */
export function disposable(batch: Batch, dispose: () => void): LentBatch {
  return Object.defineProperty({ ...batch, [Symbol.dispose]: dispose }, Symbol.dispose, { enumerable: false });
}

/** An array of `length` bytes: in this memory where it is large enough, else in new memory that threads can share. */
export function bytesIn(memory: SharedArrayBuffer | undefined, length: number): Uint8Array {
  const fits = memory !== undefined && memory.byteLength >= length;
  return new Uint8Array(fits ? memory : new SharedArrayBuffer(length), 0, length);
}
