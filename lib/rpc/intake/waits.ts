/** What of its client a call waits for: the rest of its request or message, the next one, that answers are read, the end. */
export type Awaited = "request" | "message" | "next" | "reader" | "end";

export interface Wait {
  readonly awaited: Awaited;
  readonly sinceMs: number;
}

/**
 * Follows whether a call waits for its client or the server is at work. A request is whole when its client has said so;
 * a stream of requests waits for a message only while it is read.
 */
export class Waits {
  readonly #isStream: boolean;
  #isWhole = false;
  #isReading = false;
  #isAmidMessage = false;
  #unanswered = 0;
  #unsent = 0;
  #sentSinceMs = 0;
  #changedMs: number;
  #endedMs: number | undefined;

  /** @param isStream whether its requests are a stream */
  constructor(isStream: boolean, nowMs: number) {
    this.#isStream = isStream;
    this.#changedMs = nowMs;
  }

  get isEnded(): boolean {
    return this.#endedMs !== undefined;
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  /** The server reads on. */
  reads(nowMs: number): void {
    this.#isReading = true;
    if (this.#isStream) this.#changedMs = nowMs;
  }

  /** Bytes came. @param isAmidMessage whether the last message among them is not whole */
  received(nowMs: number, isAmidMessage: boolean, messages: number): void {
    if (this.#isStream && (messages > 0 || !this.#isAmidMessage)) this.#changedMs = nowMs;
    this.#isAmidMessage = isAmidMessage;
    this.#unanswered += messages;
  }

  /** A message, or the end of the request, was handed on. */
  delivered(isEnd: boolean): void {
    this.#isReading = false;
    this.#isWhole ||= isEnd;
  }

  answers(nowMs: number): void {
    if (this.#unsent++ === 0) this.#sentSinceMs = nowMs;
    this.#unanswered = Math.max(0, this.#unanswered - 1);
  }

  /** An answer has left this process. */
  sent(nowMs: number): void {
    this.#unsent--;
    this.#sentSinceMs = nowMs;
    if (this.#isStream) this.#changedMs = nowMs;
  }

  ends(nowMs: number): void {
    this.#endedMs ??= nowMs;
  }

  /** Undefined while the server is at work. */
  get wait(): Wait | undefined {
    if (this.#endedMs !== undefined) return { awaited: "end", sinceMs: this.#endedMs };
    if (this.#unsent > 0) return { awaited: "reader", sinceMs: this.#sentSinceMs };
    if (this.#isWhole) return undefined;
    const sinceMs = this.#changedMs;
    if (!this.#isStream) return { awaited: "request", sinceMs };
    if (!this.#isReading) return undefined;
    if (this.#isAmidMessage) return { awaited: "message", sinceMs };
    return this.#unanswered > 0 ? undefined : { awaited: "next", sinceMs };
  }
}
