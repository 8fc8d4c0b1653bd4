import type { Channel } from "./channel.ts";
import { unexpectedChunk } from "./channel.ts";
import type { Chunk } from "./types.ts";

/** Chunk 0 of a message tells its length as a float64; its bytes follow. */
const LENGTH_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Sends bytes of any length to the next rank. */
export async function sendMessage(channel: Channel, hop: number, bytes: Uint8Array): Promise<void> {
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setFloat64(0, bytes.length, true);
  await channel.send(hop, 0, length);
  for (let chunk = 1, start = 0; start < bytes.length; chunk++, start += channel.chunkBytes) {
    await channel.send(hop, chunk, bytes.subarray(start, start + channel.chunkBytes));
  }
}

export interface MessageExpected {
  readonly hop: number;
  /** A longer message is refused with `RING_PROTOCOL` before memory is taken for it. */
  readonly limitBytes: number;
  /** Whether each chunk is sent on as it arrives, one hop farther. */
  readonly forward: boolean;
}

/** Receives what the previous rank sent with `sendMessage`. */
export async function receiveMessage(channel: Channel, expected: MessageExpected): Promise<Uint8Array> {
  const head = await receiveChunk(channel, { ...expected, chunk: 0, bytes: LENGTH_BYTES });
  const length = new DataView(head.payload.buffer, head.payload.byteOffset).getFloat64(0, true);
  if (!(Number.isInteger(length) && length >= 0 && length <= expected.limitBytes)) {
    throw unexpectedChunk(channel, head, `a message of at most ${expected.limitBytes} bytes, not ${length}`);
  }
  const message = new Uint8Array(length);
  for (let chunk = 1, start = 0; start < length; chunk++, start += channel.chunkBytes) {
    const bytes = Math.min(channel.chunkBytes, length - start);
    const { payload } = await receiveChunk(channel, { ...expected, chunk, bytes });
    message.set(payload, start);
  }
  return message;
}

async function receiveChunk(
  channel: Channel,
  expected: MessageExpected & { readonly chunk: number; readonly bytes: number },
): Promise<Chunk> {
  const chunk = await channel.receive();
  if (chunk.hop !== expected.hop || chunk.chunk !== expected.chunk || chunk.payload.length !== expected.bytes) {
    throw unexpectedChunk(channel, chunk, `chunk ${expected.chunk} of hop ${expected.hop}, ${expected.bytes} bytes`);
  }
  if (expected.forward) await channel.send(chunk.hop + 1, chunk.chunk, chunk.payload);
  return chunk;
}
