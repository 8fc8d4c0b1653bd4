/** A contiguous piece of the gradient (or of anything else that is averaged): float32 values reduced in place. */
export interface Bucket {
  readonly index: number;
  readonly values: Float32Array;
}

/** What the ranks do together: average a bucket, spread one rank's bytes, or exchange small values. */
export type Operation = "reduce" | "broadcast" | "gather";

/** What crosses the ring: one piece of one operation. */
export interface Chunk {
  readonly operation: Operation;
  /** The training step of a reduce; the count of such operations before it otherwise. */
  readonly step: number;
  readonly bucket: number;
  /** How many ranks the content has passed since it left its origin. */
  readonly hop: number;
  /** Which piece of the segment or message this is, from 0. */
  readonly chunk: number;
  /** Of a reduce: little-endian float32. Valid until the next chunk is asked for; not aligned. */
  readonly payload: Uint8Array;
}

/** What a rank tells all others outside the order of chunks. */
export type Notice =
  /** A heartbeat; `begun` counts the operations that the rank has begun, so that a laggard can be named. */
  | { readonly kind: "alive"; readonly rank: number; readonly begun: number }
  | { readonly kind: "leaving"; readonly rank: number }
  /** The rank has given up this generation. `lost` is the rank it blames, when it blames one. */
  | { readonly kind: "failed"; readonly rank: number; readonly reason: string; readonly lost?: number };

/** The port that the group needs, and owns. `lib/messaging` has a NATS adapter; tests have an in-memory one. */
export interface RingLink extends AsyncDisposable {
  /** Most bytes of payload in a chunk; the same on all ranks. */
  readonly chunkBytes: number;
  /**
   * What carries it, for messages, where that may be away for a while: `NATS at nats://host:4222`. Chunks are then
   * kept until it is back, and while it is there this rank's own heartbeats come back.
   */
  readonly carrier?: string;
  /** Sends to the next rank; resolves when the receiver has credit for it and the payload may be changed. */
  send(chunk: Chunk, signal: AbortSignal): Promise<void>;
  /** Chunks from the previous rank, in the order in which they were sent. */
  chunks(signal: AbortSignal): AsyncIterable<Chunk>;
  /** Waits until the next rank has all that was sent to it, or has left. */
  settle(signal: AbortSignal): Promise<void>;
  /** Tells all other ranks; a best effort that never throws. */
  tell(notice: Notice): void;
  /** What the other ranks tell, and this one's own heartbeats where they come back. Throws when the link is lost. */
  notices(signal: AbortSignal): AsyncIterable<Notice>;
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
