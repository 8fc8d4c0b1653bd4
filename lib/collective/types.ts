/** A contiguous piece of the gradient (or of anything else that is averaged): float32 values reduced in place. */
export interface Bucket {
  readonly index: number;
  readonly values: Float32Array;
}

/** What crosses the ring: one chunk of one segment of one bucket. */
export interface Chunk {
  readonly step: number;
  readonly bucket: number;
  readonly hop: number;
  readonly chunk: number;
  /** Offset of the payload within the bucket, in elements. */
  readonly payload: Float32Array;
}

/** The port that the all-reduce needs. `lib/messaging` has a NATS adapter; tests have an in-memory one. */
export interface RingLink {
  /** Sends to the next rank; resolves when the receiver has credit for it. */
  send(chunk: Chunk, signal: AbortSignal): Promise<void>;
  /** Chunks from the previous rank, in the order in which they were sent. */
  chunks(signal: AbortSignal): AsyncIterable<Chunk>;
}

/** The ranks that train together. Every method throws `PEER_LOST` when a peer is gone and never hangs. */
export interface Group {
  readonly rank: number;
  readonly size: number;
  readonly generation: number;
  /** Averages the bucket over all ranks, in place; all ranks get the same bits. Calls must come in the same order on all ranks. */
  allReduce(bucket: Bucket, step: number, signal: AbortSignal): Promise<void>;
  /** The bytes of rank `root`, on every rank. */
  broadcast(bytes: Uint8Array, root: number, signal: AbortSignal): Promise<Uint8Array>;
  /** What each rank gave, by rank (small values: at most 64 KiB each). */
  allGather(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array[]>;
  barrier(signal: AbortSignal): Promise<void>;
}
