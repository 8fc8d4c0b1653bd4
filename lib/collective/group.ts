import { assert, defined } from "#lib/base/assert.ts";
import type { Clock } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentLog } from "#lib/base/log.ts";
import { abortReason } from "#lib/base/signals.ts";
import { Turns } from "#lib/base/turns.ts";

import { allReduce } from "./all-reduce.ts";
import type { Channel } from "./channel.ts";
import { receiveMessage, sendMessage } from "./messages.ts";
import type { Bucket, Chunk, Group, Operation, RingLink } from "./types.ts";
import { Watch } from "./watch.ts";
import type { Outage } from "./watch.ts";

const GATHER_LIMIT_BYTES = 64 * 1024;
const BROADCAST_LIMIT_BYTES = 2 ** 32;
const HEARTBEAT_INTERVAL_MS = 1_000;
/** Longer than the slowest client takes to reconnect: a try may wait 5 s for each of several servers. */
const RETURN_MS = 30_000;
const CUT_OFF_HINT =
  "Look whether nats-server is stopped or overloaded, then resume from the last checkpoint; natsOutageSeconds of the job says how long to wait";

export interface GroupOptions {
  readonly rank: number;
  readonly size: number;
  /** Counts the groups of a job: a new one after every change of members. */
  readonly generation: number;
  readonly clock: Clock;
  /** To the other ranks; a group of one needs none. The group disposes it. */
  readonly link?: RingLink;
  /** A peer from which nothing is heard for this long (heartbeats come every second) is lost; 10 s unless given. */
  readonly timeoutMs?: number;
  /** A peer that was not heard at all this long after the start is lost; 2 minutes unless given. */
  readonly joinTimeoutMs?: number;
  /** A call without any progress for this long fails although all peers live; 10 minutes, or `joinTimeoutMs` if longer. */
  readonly stallTimeoutMs?: number;
  /** An outage of what carries the link is waited out for this long; it counts against no peer. 10 minutes unless given. */
  readonly outageMs?: number;
  /** Called when an outage begins, and without one when it is over. */
  readonly onOutage?: (outage?: Outage) => void;
  readonly log?: Log;
}

export interface RingGroup extends Group, AsyncDisposable {
  /** Aborts, with the error that every later call throws, once the group has failed or was disposed. */
  readonly failed: AbortSignal;
  readonly counters: { readonly receivedChunks: number; readonly staleChunks: number };
  /** Gives the group up and tells the other ranks why, at once. */
  abort(reason: unknown): void;
}

/** Joins the ranks of one generation. The first failure is final: recovery makes a new group of the next generation. */
export function createGroup(options: GroupOptions): RingGroup {
  return new LinkedGroup(options);
}

/** One call of one of the group's methods. */
interface Call {
  readonly operation: Operation;
  readonly step: number;
  readonly bucket: number;
}

/** What a group of more than one has. */
interface Ring {
  readonly link: RingLink;
  readonly chunks: AsyncIterator<Chunk>;
  readonly watch: Watch;
  readonly listening: Promise<void>;
}

class LinkedGroup implements RingGroup {
  readonly rank: number;
  readonly size: number;
  readonly generation: number;
  readonly counters = { receivedChunks: 0, staleChunks: 0 };
  readonly #log: Log;
  readonly #failure = new AbortController();
  readonly #ring: Ring | undefined;
  readonly #turns = new Turns();
  #exchanges = 0;

  constructor(options: GroupOptions) {
    const { rank, size, generation, link } = options;
    assert(size >= 1 && rank >= 0 && rank < size, `rank ${rank} of ${size} is not a rank`);
    this.rank = rank;
    this.size = size;
    this.generation = generation;
    this.#log = options.log ?? silentLog;
    if (size > 1) this.#ring = this.#join(defined(link, `the link of a group of ${size}`), options);
  }

  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  async allReduce(bucket: Bucket, step: number, signal: AbortSignal): Promise<void> {
    const call: Call = { operation: "reduce", step, bucket: bucket.index };
    await this.#run(call, signal, (channel) => allReduce(bucket.values, channel));
  }

  async broadcast(bytes: Uint8Array, root: number, signal: AbortSignal): Promise<Uint8Array> {
    assert(Number.isInteger(root) && root >= 0 && root < this.size, `root is ${root}, expected 0..${this.size - 1}`);
    const hop = (this.rank - root - 1 + this.size) % this.size;
    const received = await this.#run(this.#nextExchange("broadcast"), signal, async (channel) => {
      if (this.rank === root) return sendMessage(channel, 0, bytes);
      return receiveMessage(channel, { hop, limitBytes: BROADCAST_LIMIT_BYTES, forward: hop < this.size - 2 });
    });
    return received ?? bytes;
  }

  async allGather(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array[]> {
    assert(bytes.length <= GATHER_LIMIT_BYTES, `${bytes.length} bytes to gather, at most ${GATHER_LIMIT_BYTES}`);
    const gathered = Array.from({ length: this.size }, () => bytes);
    await this.#run(this.#nextExchange("gather"), signal, async (channel) => {
      for (let hop = 0; hop < this.size - 1; hop++) {
        const origin = (this.rank - hop + this.size) % this.size;
        // At the same time, so that ranks whose windows are full cannot wait for each other in a circle.
        const [message] = await Promise.all([
          receiveMessage(channel, { hop, limitBytes: GATHER_LIMIT_BYTES, forward: false }),
          sendMessage(channel, hop, defined(gathered[origin], `the value of rank ${origin}`)),
        ]);
        gathered[(origin - 1 + this.size) % this.size] = message;
      }
    });
    return gathered;
  }

  async barrier(signal: AbortSignal): Promise<void> {
    await this.allGather(new Uint8Array(0), signal);
  }

  abort(reason: unknown): void {
    this.#fail(PetageError.from(reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What was sent may be lost with the broker, and nobody else can send it again.
    if (!this.failed.aborted) await this.#ring?.link.settle(this.failed).catch(() => undefined);
    if (!this.failed.aborted) {
      this.#ring?.link.tell({ kind: "leaving", rank: this.rank });
      this.#end(new PetageError("ABORTED", `Rank ${this.rank} has left the group`));
    }
    using _turn = await this.#turns.next(); // what is under way ends first
    await this.#ring?.listening;
    await this.#ring?.link[Symbol.asyncDispose]();
  }

  #join(link: RingLink, options: GroupOptions): Ring {
    const { timeoutMs = 10_000, joinTimeoutMs = 120_000, outageMs = 600_000, onOutage } = options;
    const { stallTimeoutMs = Math.max(600_000, joinTimeoutMs) } = options; // the first call waits for all to join
    const intervalMs = Math.min(HEARTBEAT_INTERVAL_MS, timeoutMs / 5);
    const watch = new Watch({
      rank: this.rank,
      size: this.size,
      limits: {
        silenceMs: timeoutMs,
        joinMs: Math.max(joinTimeoutMs, timeoutMs),
        returnMs: Math.max(RETURN_MS, timeoutMs),
        intervalMs,
      },
      stallMs: stallTimeoutMs,
      clock: options.clock,
      log: this.#log,
      tell: (notice) => link.tell(notice),
      lose: (rank, message) => this.#lose(rank, message),
      carrier: link.carrier,
      outageMs,
      ...(onOutage && { onOutage }),
      cutOff: (message) => this.#fail(new PetageError("NATS_UNAVAILABLE", message, { hint: CUT_OFF_HINT })),
    });
    const chunks = link.chunks(this.failed)[Symbol.asyncIterator]();
    return { link, watch, chunks, listening: this.#listen(link, watch) };
  }

  async #listen(link: RingLink, watch: Watch): Promise<void> {
    try {
      for await (const notice of link.notices(this.failed)) watch.heed(notice);
    } catch (error) {
      this.#fail(PetageError.from(error));
    }
  }

  #nextExchange(operation: Operation): Call {
    return { operation, step: this.#exchanges++, bucket: 0 };
  }

  /** Runs calls one after another, in the order in which they came; after a failure none any more. */
  async #run<T>(call: Call, signal: AbortSignal, body: (channel: Channel) => Promise<T>): Promise<T | undefined> {
    using _turn = await this.#turns.next();
    return await this.#perform(call, signal, body);
  }

  async #perform<T>(call: Call, signal: AbortSignal, body: (channel: Channel) => Promise<T>): Promise<T | undefined> {
    const onAbort = (): void => this.#fail(abortReason(signal));
    if (signal.aborted) onAbort();
    if (this.failed.aborted) throw abortReason(this.failed);
    if (!this.#ring) return undefined;
    signal.addEventListener("abort", onAbort, { once: true });
    this.#ring.watch.begin(describe(call));
    try {
      return await body(this.#channel(call, this.#ring));
    } catch (error) {
      this.#fail(PetageError.from(error));
      throw abortReason(this.failed);
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#ring.watch.end();
    }
  }

  #channel(call: Call, ring: Ring): Channel {
    return {
      rank: this.rank,
      size: this.size,
      chunkBytes: ring.link.chunkBytes,
      send: (hop, chunk, payload) => ring.link.send({ ...call, hop, chunk, payload }, this.failed),
      receive: () => this.#receive(call, ring),
    };
  }

  /** The next chunk of this call. One of an earlier call is dropped; any other means that the ranks have diverged. */
  async #receive(call: Call, { chunks, watch }: Ring): Promise<Chunk> {
    for (;;) {
      const next: IteratorResult<Chunk, unknown> = await chunks.next();
      if (this.failed.aborted) throw abortReason(this.failed);
      if (next.done) throw new PetageError("ABORTED", `The link of rank ${this.rank} has ended`);
      const chunk = next.value;
      this.counters.receivedChunks++;
      watch.received();
      const lead = chunk.operation === call.operation ? chunk.step - call.step || chunk.bucket - call.bucket : 1;
      if (lead === 0) return chunk;
      if (lead > 0) throw this.#diverged(chunk, call);
      this.counters.staleChunks++;
    }
  }

  #diverged(chunk: Chunk, call: Call): PetageError {
    const sender = (this.rank + this.size - 1) % this.size;
    return new PetageError(
      "RING_PROTOCOL",
      `Rank ${sender} is in ${describe(chunk)} while rank ${this.rank} is in ${describe(call)}`,
      { hint: "All ranks must make the same calls in the same order: check that they run the same version and config" },
    );
  }

  #lose(lost: number, message: string): void {
    const hint = `See the log of rank ${lost} for why, then resume from the last checkpoint`;
    this.#fail(new PetageError("PEER_LOST", message, { hint }), lost);
  }

  /** The first failure ends the group and is told to the other ranks, so that they need not wait to find out. */
  #fail(error: PetageError, lost?: number): void {
    if (this.failed.aborted) return;
    this.#log.warn("ring failed", { code: error.code, reason: error.message, generation: this.generation });
    const reason = lost === undefined ? `${error.message} [${error.code}]` : error.message;
    this.#ring?.link.tell({ kind: "failed", rank: this.rank, reason, ...(lost !== undefined && { lost }) });
    this.#end(error);
  }

  #end(reason: PetageError): void {
    this.#ring?.watch[Symbol.dispose]();
    this.#failure.abort(reason);
  }
}

function describe({ operation, step, bucket }: Call): string {
  return operation === "reduce" ? `all-reduce of step ${step}, bucket ${bucket}` : `${operation} ${step}`;
}
