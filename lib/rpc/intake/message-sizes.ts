/** Of a gRPC message: whether it is compressed, and its length as a 32-bit number. */
const PREFIX_BYTES = 5;

/** A message, or a part of one, in a chunk of a stream. */
export interface Part {
  /** Of a message that begins here, what its prefix says. */
  readonly begins: { readonly lengthBytes: number; readonly isCompressed: boolean } | undefined;
  /** How much of it is in this chunk, without its prefix. */
  readonly bytes: number;
  readonly isLast: boolean;
}

/** Follows the messages of a stream by their prefixes. It keeps no byte of them. */
export class MessageSizes {
  #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #remainingBytes = 0;

  /** Whether a message has begun that has not ended. */
  get isAmidMessage(): boolean {
    return this.#prefixBytes > 0;
  }

  /** What a chunk has of which messages. A prefix that is not whole yet is no part. */
  read(chunk: Buffer): Part[] {
    const parts: Part[] = [];
    for (let at = 0; at < chunk.length;) {
      const begins = this.#prefixBytes < PREFIX_BYTES;
      if (begins) at += this.#readPrefix(chunk, at);
      if (this.#prefixBytes < PREFIX_BYTES) break;
      const bytes = Math.min(this.#remainingBytes, chunk.length - at);
      at += bytes;
      this.#remainingBytes -= bytes;
      const isLast = this.#remainingBytes === 0;
      parts.push({ begins: begins ? this.#begun() : undefined, bytes, isLast });
      if (isLast) this.#prefixBytes = 0;
    }
    return parts;
  }

  #readPrefix(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#prefix, this.#prefixBytes, at, at + PREFIX_BYTES - this.#prefixBytes);
    this.#prefixBytes += copied;
    if (this.#prefixBytes === PREFIX_BYTES) this.#remainingBytes = this.#prefix.readUInt32BE(1);
    return copied;
  }

  #begun(): { lengthBytes: number; isCompressed: boolean } {
    return { lengthBytes: this.#prefix.readUInt32BE(1), isCompressed: this.#prefix[0] !== 0 };
  }
}
