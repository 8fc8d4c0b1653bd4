import { PetageError } from "#lib/base/errors.ts";

import type { Chunk } from "./types.ts";

/** What one operation of a group sees of the ring: only its own chunks. */
export interface Channel {
  readonly rank: number;
  readonly size: number;
  /** Most bytes of payload in a chunk. */
  readonly chunkBytes: number;
  /** Sends to the next rank; the payload may be changed once it resolves. */
  send(hop: number, chunk: number, payload: Uint8Array): Promise<void>;
  /** The next chunk from the previous rank; its payload is valid until the next call. */
  receive(): Promise<Chunk>;
}

/** The error for a chunk that does not fit what this rank expects. */
export function unexpectedChunk({ rank, size }: Channel, chunk: Chunk, expected: string): PetageError {
  const sender = (rank + size - 1) % size;
  const got = `chunk ${chunk.chunk} of hop ${chunk.hop} with ${chunk.payload.length} bytes`;
  return new PetageError(
    "RING_PROTOCOL",
    `Rank ${rank} got ${got} from rank ${sender} in ${chunk.operation} of step ${chunk.step}, bucket ${chunk.bucket}; expected ${expected}`,
    { hint: "Messages were lost, or the ranks run different versions or configs" },
  );
}
