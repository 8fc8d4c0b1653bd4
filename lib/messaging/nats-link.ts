import type { Msg, NatsError, Subscription } from "nats";

import { assert } from "#lib/base/assert.ts";
import { every } from "#lib/base/clock.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { silentLog } from "#lib/base/log.ts";
import { BoundedQueue } from "#lib/base/queue.ts";
import { abortable, abortReason } from "#lib/base/signals.ts";
import type { Chunk, Notice, Operation, RingLink } from "#lib/collective/types.ts";
import { systemClock } from "#lib/system/clock.ts";

import { decodeFrame, encodeFrame, HEADER_BYTES, Junk } from "./codec.ts";
import type { Frame, FrameKind } from "./codec.ts";
import { roundTrip } from "./connect.ts";
import type { Nats } from "./connect.ts";
import { decodeNotice, encodeNotice, plainHeader } from "./notices.ts";
import { SentFrames } from "./sent-frames.ts";
import { ringSubjects } from "./subjects.ts";
import type { RingSubjects } from "./subjects.ts";

/** Of 16 KB to 1 MB, 16 to 31 KB is fastest with this client: see docs/ring.md. */
const MESSAGE_BYTES = 31 * 1024;
/** Far below the 64 MB (`max_pending`) at which a server closes a slow consumer; smaller windows cost speed. */
const WINDOW_BYTES = 8 * 1024 * 1024;
const NOTICE_CAPACITY = 1_024;
const FLUSH_TIMEOUT_MS = 2_000;
/** How often a rank tells the next one how much it has sent, until that one has said that it has got it. */
const GREETING_INTERVAL_MS = 1_000;

export interface NatsLinkOptions {
  readonly nats: Nats;
  readonly job: string;
  readonly generation: number;
  readonly rank: number;
  readonly size: number;
  /** Most bytes on their way from the previous rank to this one. */
  readonly windowBytes?: number;
  /** Most bytes of a message, header included; never more than the server allows. The same on all ranks. */
  readonly messageBytes?: number;
  readonly log?: Log;
}

export interface NatsLink extends RingLink {
  readonly counters: Readonly<Counters>;
}

interface Counters {
  sentBytes: number;
  receivedBytes: number;
  /** Messages that were sent again because the next rank has not got them. */
  sentAgain: number;
  /** Chunks that had come before, dropped. */
  repeatedChunks: number;
  /** Messages of another generation, dropped. */
  staleMessages: number;
  /** Messages that are none of the ring's, or not from whom they must be: dropped. */
  junkMessages: number;
  /** Chunks that came when the link had failed or was no longer read. */
  droppedChunks: number;
  /** Notices that came then, or that nobody took in time. */
  droppedNotices: number;
}

/**
 * A rank's link over NATS core. NATS drops what a slow receiver does not take, so a sender never has more bytes on
 * their way than the receiver has granted. NATS also loses what is on its way when a connection breaks: every chunk says
 * how many bytes were sent before it, so that a receiver sees what it misses, asks for it, and gets the same bytes
 * again. Grants and greetings name totals since the beginning: a lost one is made good by the next.
 */
export async function openNatsLink(options: NatsLinkOptions): Promise<NatsLink> {
  const link = new NatsRingLink(options);
  try {
    await link.open();
    return link;
  } catch (error) {
    await link[Symbol.asyncDispose]();
    const { lost, address } = options.nats;
    if (lost.aborted) throw abortReason(lost);
    throw new PetageError("NATS_UNAVAILABLE", `Cannot open a ring on NATS at ${address}`, { cause: error });
  }
}

type ChunkFrame = Frame & { readonly kind: Operation };

function isChunk(frame: Frame): frame is ChunkFrame {
  return frame.kind === "reduce" || frame.kind === "broadcast" || frame.kind === "gather";
}

class NatsRingLink implements NatsLink {
  readonly chunkBytes: number;
  readonly carrier: string;
  readonly counters: Counters = {
    sentBytes: 0,
    receivedBytes: 0,
    sentAgain: 0,
    repeatedChunks: 0,
    staleMessages: 0,
    junkMessages: 0,
    droppedChunks: 0,
    droppedNotices: 0,
  };
  readonly #nats: Nats;
  readonly #log: Log;
  readonly #subjects: RingSubjects;
  readonly #generation: number;
  readonly #rank: number;
  readonly #size: number;
  readonly #previous: number;
  readonly #next: number;
  readonly #windowBytes: number;
  readonly #inbox: BoundedQueue<ChunkFrame>;
  readonly #notices = new BoundedQueue<Notice>(NOTICE_CAPACITY);
  readonly #subscriptions: Subscription[] = [];
  readonly #sent = new SentFrames();
  #greetings: Disposable | undefined;
  /** What this rank may have sent since the beginning; nothing until the next rank is there. */
  #sendLimitBytes = 0;
  #waiting: (() => void)[] = [];
  #nextHasLeft = false;
  #grantedBytes = 0;
  #consumedBytes = 0;
  /** What had come when the previous rank was asked for what comes after it. */
  #askedAtBytes: number | undefined;
  #failure: PetageError | undefined;

  constructor({ nats, job, generation, rank, size, log = silentLog, ...limits }: NatsLinkOptions) {
    assert(size >= 2 && rank >= 0 && rank < size, `rank ${rank} of ${size} has no link`);
    const { windowBytes = WINDOW_BYTES, messageBytes = MESSAGE_BYTES } = limits;
    const allowedBytes = Math.min(messageBytes, nats.connection.info?.max_payload ?? messageBytes);
    this.chunkBytes = Math.floor((allowedBytes - HEADER_BYTES) / 4) * 4;
    if (this.chunkBytes < 64) throw tooSmall(allowedBytes, nats.address);
    assert(windowBytes >= 2 * allowedBytes, `a window of ${windowBytes} bytes holds no two messages`);
    this.#nats = nats;
    this.carrier = `NATS at ${nats.address}`;
    this.#log = log;
    this.#subjects = ringSubjects(job, generation);
    this.#generation = generation;
    this.#rank = rank;
    this.#size = size;
    this.#previous = (rank + size - 1) % size;
    this.#next = (rank + 1) % size;
    this.#windowBytes = windowBytes;
    this.#inbox = new BoundedQueue(Math.ceil(windowBytes / HEADER_BYTES));
  }

  async open(): Promise<void> {
    this.#subscribe(this.#subjects.data(this.#rank), (frame) => this.#takeData(frame));
    this.#subscribe(this.#subjects.credit(this.#rank), (frame) => this.#takeCredit(frame));
    this.#subscribe(this.#subjects.control, (frame) => this.#takeNotice(frame));
    this.#nats.lost.addEventListener("abort", this.#onLost, { once: true });
    await roundTrip(this.#nats);
    this.#nats.events.addEventListener("restored", this.#greetAgain);
    this.#greetings = every(systemClock, GREETING_INTERVAL_MS, () => this.#greetNext());
    this.#sayToNext("hello");
    this.#grant();
  }

  async send(chunk: Chunk, signal: AbortSignal): Promise<void> {
    const bytes = HEADER_BYTES + chunk.payload.length;
    while (this.#sent.totalBytes + bytes > this.#sendLimitBytes && !this.#failure) await this.#changed(signal);
    if (this.#failure) throw this.#failure;
    const { operation: kind, step, bucket, hop, chunk: index } = chunk;
    const of = { kind, generation: this.#generation, sender: this.#rank, step, bucket, hop, chunk: index };
    const frame = encodeFrame({ ...of, position: this.#sent.totalBytes }, chunk.payload);
    this.#sent.add(frame);
    this.counters.sentBytes += bytes;
    this.#publish(this.#subjects.data(this.#next), frame);
  }

  async settle(signal: AbortSignal): Promise<void> {
    this.#greetNext();
    while (!this.#sent.allArrived && !this.#nextHasLeft && !this.#failure) await this.#changed(signal);
  }

  async *chunks(signal: AbortSignal): AsyncGenerator<Chunk> {
    signal.addEventListener("abort", () => this.#inbox.end(), { once: true });
    for await (const { kind, step, bucket, hop, chunk, payload } of this.#inbox) {
      yield { operation: kind, step, bucket, hop, chunk, payload };
      this.#consumedBytes += HEADER_BYTES + payload.length;
      if (this.#consumedBytes + this.#windowBytes - this.#grantedBytes >= this.#windowBytes / 4) this.#grant();
    }
  }

  tell(notice: Notice): void {
    this.#publish(this.#subjects.control, encodeNotice(notice, this.#generation));
  }

  async *notices(signal: AbortSignal): AsyncGenerator<Notice> {
    signal.addEventListener("abort", () => this.#notices.end(), { once: true });
    yield* this.#notices;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { connection, lost, events } = this.#nats;
    this.#greetings?.[Symbol.dispose]();
    lost.removeEventListener("abort", this.#onLost);
    events.removeEventListener("restored", this.#greetAgain);
    this.#grant(); // the last word: what has come
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    this.#fail(new PetageError("ABORTED", "The link of the ring was closed"));
    if (connection.isClosed()) return;
    await abortable(connection.flush(), AbortSignal.timeout(FLUSH_TIMEOUT_MS)).catch(() => undefined);
  }

  readonly #onLost = (): void => this.#fail(abortReason(this.#nats.lost));

  /**
   * The library's parser calls `take` and must never see it throw. What is not of the ring does not end it: anybody who
   * reaches the broker could.
   */
  #subscribe(subject: string, take: (frame: Frame) => void): void {
    const callback = (failure: NatsError | null, message: Msg): void => {
      try {
        if (failure) throw new PetageError("NATS_UNAVAILABLE", `Cannot use "${subject}": ${failure.message}`);
        const frame = decodeFrame(message.data);
        if (frame.generation === this.#generation) take(frame);
        else this.counters.staleMessages++;
      } catch (thrown) {
        const error = PetageError.from(thrown);
        if (error instanceof Junk) this.#drop(subject, error);
        else this.#fail(at(this.#nats.address, error));
      }
    };
    this.#subscriptions.push(this.#nats.connection.subscribe(subject, { callback }));
  }

  /** Told of when it has come once, ten times, a hundred times, ...: a flood of it is no flood of lines. */
  #drop(subject: string, { message }: Junk): void {
    const count = ++this.counters.junkMessages;
    if (Number.isInteger(Math.log10(count))) this.#log.warn("dropped junk", { subject, count, reason: message });
  }

  #takeData(frame: Frame): void {
    if (frame.sender !== this.#previous) throw misplaced(frame, `from rank ${this.#previous}`);
    if (frame.kind === "hello") return this.#answer(frame.position);
    if (!isChunk(frame)) throw misplaced(frame, "that is a chunk");
    if (frame.position < this.counters.receivedBytes) return this.#ignoreRepeated(frame);
    if (frame.position > this.counters.receivedBytes) return this.#askOnce();
    this.counters.receivedBytes += HEADER_BYTES + frame.payload.length;
    if (this.counters.receivedBytes > this.#grantedBytes) throw overrun(frame, this.#windowBytes);
    if (!this.#inbox.offer(frame)) this.counters.droppedChunks++;
  }

  /** A chunk that had come before was asked for twice; else somebody else sends as well. */
  #ignoreRepeated(frame: ChunkFrame): void {
    if (this.#askedAtBytes === undefined) throw overrun(frame, this.#windowBytes);
    this.counters.repeatedChunks++;
  }

  #takeCredit(frame: Frame): void {
    if (frame.sender !== this.#next) throw misplaced(frame, `from rank ${this.#next}`);
    if (frame.position > this.#sent.totalBytes) throw misplaced(frame, "about what was sent");
    if (frame.kind === "resend") return this.#sendAgain(frame.position);
    if (frame.kind !== "credit") throw misplaced(frame, "that is credit or resend");
    const granted = readBytes(frame);
    if (granted > this.#sent.totalBytes + this.#windowBytes) throw misplaced(frame, "that grants a window");
    this.#sent.arrived(frame.position);
    this.#sendLimitBytes = Math.max(this.#sendLimitBytes, granted);
    this.#wake();
  }

  #takeNotice(frame: Frame): void {
    const notice = decodeNotice(frame, this.#size);
    if (!notice) throw misplaced(frame, "that is a notice");
    if (notice.rank === this.#rank && notice.kind !== "alive") return;
    if (notice.rank === this.#next && notice.kind === "leaving") {
      this.#nextHasLeft = true;
      this.#wake();
    }
    if (!this.#notices.offer(notice)) this.counters.droppedNotices++;
  }

  /** Tells the next rank what it must have got by now, as long as it has not said so. It answers with a grant. */
  #greetNext(): void {
    if (this.#sendLimitBytes === 0 || !this.#sent.allArrived) this.#sayToNext("hello");
  }

  /** Whatever was on its way may be lost. */
  readonly #greetAgain = (): void => {
    this.#sayToNext("hello");
    this.#ask();
  };

  #sayToNext(kind: FrameKind): void {
    const header = plainHeader(kind, this.#generation, this.#rank);
    const frame = encodeFrame({ ...header, position: this.#sent.totalBytes }, new Uint8Array(0));
    this.#publish(this.#subjects.data(this.#next), frame);
  }

  /** @param sentBytes what the previous rank had sent when it said hello: messages keep their order, so all that came. */
  #answer(sentBytes: number): void {
    if (sentBytes > this.counters.receivedBytes) this.#ask();
    this.#grant();
  }

  /** Chunks after a gap come by the hundred. */
  #askOnce(): void {
    if (this.#askedAtBytes !== this.counters.receivedBytes) this.#ask();
  }

  /** Asks the previous rank to go on from what has come. */
  #ask(): void {
    this.#askedAtBytes = this.counters.receivedBytes;
    this.#sayToPrevious("resend", new Uint8Array(0));
  }

  #grant(): void {
    this.#grantedBytes = this.#consumedBytes + this.#windowBytes;
    const granted = new Uint8Array(8);
    new DataView(granted.buffer).setFloat64(0, this.#grantedBytes, true);
    this.#sayToPrevious("credit", granted);
  }

  #sayToPrevious(kind: FrameKind, payload: Uint8Array): void {
    const header = plainHeader(kind, this.#generation, this.#rank);
    const frame = encodeFrame({ ...header, position: this.counters.receivedBytes }, payload);
    this.#publish(this.#subjects.credit(this.#previous), frame);
  }

  /** Gives the next rank the same bytes once more, from where it stands. */
  #sendAgain(arrivedBytes: number): void {
    this.#sent.arrived(arrivedBytes);
    const frames = this.#sent.after(arrivedBytes);
    for (const frame of frames) this.#publish(this.#subjects.data(this.#next), frame);
    this.counters.sentAgain += frames.length;
    if (frames.length > 0) this.#log.info("sent again what was lost", { to: this.#next, messages: frames.length });
    this.#wake();
  }

  /** What cannot be published is lost like any other message; a lost connection makes itself known by `lost`. */
  #publish(subject: string, frame: Uint8Array): void {
    if (!this.#nats.connection.isClosed() && !this.#nats.connection.isDraining())
      this.#nats.connection.publish(subject, frame);
  }

  #fail(error: PetageError): void {
    if (this.#failure) return;
    this.#failure = error;
    if (error.code !== "ABORTED") this.#log.warn("ring link failed", { code: error.code, reason: error.message });
    this.#inbox.end(error);
    this.#notices.end(error);
    this.#wake();
  }

  /** Waits for what a sender waits for: a grant, an arrival, the end. */
  async #changed(signal: AbortSignal): Promise<void> {
    await abortable(new Promise<void>((resolve) => this.#waiting.push(resolve)), signal);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function tooSmall(allowedBytes: number, address: string): PetageError {
  const message = `Messages of ${allowedBytes} bytes are too small for the ring, on NATS at ${address}`;
  return new PetageError("NATS_UNAVAILABLE", message, { hint: "Raise the server's max_payload to 1 MB, its default" });
}

function at(address: string, cause: PetageError): PetageError {
  const { code, message, hint } = cause;
  return new PetageError(code, `${message}, on NATS at ${address}`, { cause, ...(hint !== undefined && { hint }) });
}

function readBytes(frame: Frame): number {
  const { payload } = frame;
  const isCount = payload.length === Float64Array.BYTES_PER_ELEMENT;
  const bytes = isCount ? new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(0, true) : -1;
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw misplaced(frame, "with a count of bytes");
}

function misplaced(frame: Frame, expected: string): Junk {
  return new Junk(`got ${describe(frame)}, expected one ${expected}`);
}

/** Of the rank before, which knows how much it may send. */
function overrun(frame: Frame, windowBytes: number): PetageError {
  const message = `A message of the ring does not fit: got ${describe(frame)} beyond the ${windowBytes} bytes granted`;
  return new PetageError("RING_PROTOCOL", message, {
    hint: "Two processes may claim the same rank of one job and generation",
  });
}

function describe({ kind, payload, sender }: Frame): string {
  return `${kind} of ${payload.length} bytes from rank ${sender}`;
}
