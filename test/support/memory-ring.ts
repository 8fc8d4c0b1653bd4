import type { Chunk, Notice, RingLink } from "#lib/collective/types.ts";
import { BoundedQueue } from "#lib/base/queue.ts";

export interface MemoryRingOptions {
  readonly chunkBytes?: number;
  /** Most chunks on their way from one rank to the next. */
  readonly windowChunks?: number;
  /** A rank whose notices are lost. */
  readonly muted?: number;
  /** What becomes of a chunk on its way: itself, another, or nothing. */
  readonly tamper?: (chunk: Chunk, sender: number) => Chunk | undefined;
}

export interface MemoryLink extends RingLink {
  /** From now on neither sends nor hears anything, as if the process had been killed. */
  kill(): void;
}

/** The links of a ring within this process. Payloads arrive misaligned, as they do from a socket. */
export function memoryRing(size: number, options: MemoryRingOptions = {}): MemoryLink[] {
  const { chunkBytes = 64, windowChunks = 4, muted, tamper = (chunk: Chunk) => chunk } = options;
  const data = Array.from({ length: size }, () => new BoundedQueue<Chunk>(windowChunks));
  const notices = Array.from({ length: size }, () => new BoundedQueue<Notice>(1000));
  const dead = new Set<number>();
  return data.map((inbox, rank) => ({
    chunkBytes,
    async send(chunk, signal) {
      const arriving = tamper({ ...chunk, payload: misaligned(chunk.payload) }, rank);
      const next = (rank + 1) % size;
      if (!arriving || dead.has(rank) || dead.has(next)) return;
      await data[next]?.push(arriving, signal).catch((error: unknown) => {
        if (signal.aborted) throw error; // else the receiver has left, which a sender cannot see
      });
    },
    chunks: (signal) => untilAborted(inbox, signal),
    tell(notice) {
      if (dead.has(rank) || rank === muted) return;
      for (const [other, queue] of notices.entries()) {
        if (other !== rank && !dead.has(other)) void queue.push(notice).catch(() => undefined);
      }
    },
    notices: (signal) => untilAborted(notices[rank] as BoundedQueue<Notice>, signal),
    async settle() {},
    async [Symbol.asyncDispose]() {},
    kill: () => void dead.add(rank),
  }));
}

function misaligned(payload: Uint8Array): Uint8Array {
  const copy = new Uint8Array(payload.length + 1).subarray(1);
  copy.set(payload);
  return copy;
}

function untilAborted<T>(queue: BoundedQueue<T>, signal: AbortSignal): AsyncIterable<T> {
  signal.addEventListener("abort", () => queue.end(), { once: true });
  return queue;
}
