import { PetageError } from "#lib/base/errors.ts";
import type { BytesInFlight, ByteHolder } from "./bytes-in-flight.ts";
import { MessageSizes, type Part } from "./message-sizes.ts";
import { Waits, type Awaited } from "./waits.ts";

/** A chunk that is kept costs this at least, however short it is: an object, and its part of what the system read. */
const MIN_CHUNK_BYTES = 1024;

/** What a call is, as far as its bounds go. */
export interface Rpc {
  /** `/service/method` */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  /** Health or reflection: of no service of ours, open to all, and easily repeated. */
  readonly isStandard: boolean;
  /** Whether it may read its answers as late as it likes: a trainer that validates takes no batches meanwhile. */
  readonly readsLate: boolean;
  /** Largest message. */
  readonly messageBytes: number;
}

/** What can be done to the connection's part of a call. */
export interface CallPort {
  /** Reads no more of it, or on. */
  pause(): void;
  resume(): void;
  /** Ends it with the status for an error. */
  refuse(error: unknown): void;
  /** Ends it without another word: its client reads none. */
  cut(): void;
}

/** How long a call may wait for its client, in milliseconds. */
export type WaitLimits = Readonly<Record<Awaited, number>>;

export interface CallHost {
  readonly nowMs: () => number;
  readonly bytes: BytesInFlight<IncomingCall>;
  readonly limits: WaitLimits;
}

/** A call from its headers until its stream is closed: what it holds, and what it waits for. */
export class IncomingCall implements ByteHolder {
  readonly rpc: Rpc;
  /** The connection that it came over, by its client's address and port. */
  readonly owner: string;
  readonly #port: CallPort;
  readonly #host: CallHost;
  readonly #waits: Waits;
  readonly #sizes = new MessageSizes();
  /** Bytes taken for each message of which the call has not said that it is done with it. */
  readonly #taken: number[] = [];
  /** What the message that comes has cost so far. */
  #costBytes = 0;
  #waitsForRoom = false;

  constructor(rpc: Rpc, owner: string, { port, host }: { readonly port: CallPort; readonly host: CallHost }) {
    this.rpc = rpc;
    this.owner = owner;
    this.#port = port;
    this.#host = host;
    this.#waits = new Waits(rpc.requestStream, host.nowMs());
  }

  get isEnded(): boolean {
    return this.#waits.isEnded;
  }

  get quietSinceMs(): number | undefined {
    const { isStandard, responseStream, readsLate } = this.rpc;
    const wait = this.#waits.wait;
    if (wait?.awaited === "reader" && readsLate) return undefined;
    if (!wait && isStandard && responseStream) return 0; // whoever watches health may ask again
    return wait?.sinceMs;
  }

  /** Bytes of its stream came. */
  received(chunk: Buffer): void {
    if (this.isEnded) return;
    const parts = this.#sizes.read(chunk);
    const ended = parts.filter(({ isLast }) => isLast).length;
    this.#waits.received(this.#host.nowMs(), this.#sizes.isAmidMessage, ended);
    for (const part of parts) {
      if (part.begins) this.#begin(part, part.begins);
      if (this.isEnded) return;
      this.#charge(part);
    }
  }

  /** The server reads the next message. */
  reads(): void {
    this.#waits.reads(this.#host.nowMs());
  }

  /** A message, or the end of the request, was handed on. */
  delivered(isEnd: boolean): void {
    this.#waits.delivered(isEnd);
  }

  /** The server sends an answer. In a stream of requests each has one, so that the memory of one request is free. */
  answers(): void {
    this.#waits.answers(this.#host.nowMs());
    if (this.rpc.requestStream && this.#taken.length > 0) this.#host.bytes.release(this, this.#taken.shift());
  }

  /** The answer has left this process. */
  sent(): void {
    this.#waits.sent(this.#host.nowMs());
  }

  /** The server has sent a status, or is about to. */
  ends(): void {
    this.#waits.ends(this.#host.nowMs());
    this.#host.bytes.forget(this);
  }

  wake(isTaken: boolean): void {
    this.#waitsForRoom = false;
    if (!isTaken) this.#refuseFull();
    else if (this.#sizes.isAmidMessage && this.#waits.isReading) this.#port.resume();
  }

  giveWay(): void {
    const what = `${nameOf(this.rpc)} kept the server waiting while others needed its place`;
    this.#end(
      new PetageError("RESOURCE_EXHAUSTED", what, {
        hint: "Send requests whole, read the answers, and end streams that are not used",
      }),
    );
  }

  /** Ends the call if it has waited too long. */
  checkWait(): void {
    const wait = this.#waits.wait;
    if (!wait || (wait.awaited === "reader" && this.rpc.readsLate)) return;
    const limitMs = this.#host.limits[wait.awaited];
    if (this.#host.nowMs() - wait.sinceMs > limitMs) this.#end(this.#late(wait.awaited, limitMs));
  }

  refuse(error: unknown): void {
    if (this.isEnded) return;
    this.ends();
    this.#port.refuse(error);
  }

  #end(error: PetageError): void {
    const awaited = this.#waits.wait?.awaited;
    if (awaited !== "reader" && awaited !== "end") return this.refuse(error);
    this.ends();
    this.#port.cut();
  }

  #begin({ isLast }: Part, { lengthBytes, isCompressed }: NonNullable<Part["begins"]>): void {
    const { messageBytes } = this.rpc;
    if (lengthBytes > messageBytes) {
      const what = `A message of ${lengthBytes} bytes came; ${nameOf(this.rpc)} takes at most ${messageBytes}`;
      this.refuse(new PetageError("RESOURCE_EXHAUSTED", what));
      return;
    }
    // What is compressed may become as large as a message may be.
    const bytes = isCompressed ? messageBytes : lengthBytes;
    this.#costBytes = 0;
    this.#taken.push(bytes);
    const reserved = this.#host.bytes.reserve(this, bytes, !isLast);
    if (reserved === "full") this.#refuseFull();
    if (reserved !== "waits") return;
    this.#waitsForRoom = true;
    this.#port.pause();
  }

  /** Takes more for a message that comes in so small pieces that they cost more than its bytes. */
  #charge({ bytes, isLast }: Part): void {
    if (isLast || bytes === 0) return;
    this.#costBytes += Math.max(bytes, MIN_CHUNK_BYTES);
    const taken = this.#taken.at(-1) ?? 0;
    const excess = this.#costBytes - taken;
    if (excess <= 0 || this.#waitsForRoom) return;
    if (this.#host.bytes.reserve(this, excess, false) === "full") return this.#refuseFull();
    this.#taken[this.#taken.length - 1] = taken + excess;
  }

  #refuseFull(): void {
    const { bytes } = this.#host;
    const isGreedy = bytes.isGreedy(this.owner);
    const what = isGreedy
      ? "The connection has more requests under way than its share of a full server"
      : `Server is busy with ${bytes.total} bytes of requests, the most it takes`;
    this.refuse(
      new PetageError(isGreedy ? "RESOURCE_EXHAUSTED" : "UNAVAILABLE", what, { hint: "Try again in a moment" }),
    );
  }

  #late(awaited: Awaited, limitMs: number): PetageError {
    const seconds = limitMs / 1000;
    if (this.#waitsForRoom) {
      return new PetageError(
        "RESOURCE_EXHAUSTED",
        `The connection has as many bytes of requests under way as it may, and none has ended within ${seconds} s`,
        { hint: "Send fewer at a time, and each of them whole" },
      );
    }
    if (awaited === "next") {
      return new PetageError("DEADLINE_EXCEEDED", `${nameOf(this.rpc)} was idle for ${seconds} s, the longest it may`, {
        hint: "Call again when there is something to send",
      });
    }
    const what = `A request of ${nameOf(this.rpc)} was not whole ${seconds} s after it had begun`;
    return new PetageError("DEADLINE_EXCEEDED", what, { hint: "Send less, or over a faster connection" });
  }
}

/** `InferenceService/Predict` */
function nameOf({ path }: Rpc): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
