import type { Channel } from "./channel.ts";
import { unexpectedChunk } from "./channel.ts";
import { isFinishingHop, isReduceHop, RingProgress } from "./ring.ts";
import type { Range, RingPlan } from "./ring.ts";
import type { Chunk } from "./types.ts";

const ELEMENT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * Averages `values` over the ranks of the channel, in place. The mean of an element is made once, by the rank that
 * adds the last summand, and copied from there: all ranks get the same bits.
 */
export async function allReduce(values: Float32Array, channel: Channel): Promise<void> {
  const plan: RingPlan = {
    size: channel.size,
    rank: channel.rank,
    elementCount: values.length,
    chunkElements: Math.floor(channel.chunkBytes / ELEMENT_BYTES),
  };
  const progress = new RingProgress(plan);
  let wakeSender: (() => void) | undefined;

  // Receiving never waits for sending: what arrived lies in `values`, so ranks cannot block each other in a circle.
  const receiveAll = async (): Promise<void> => {
    const scratch = new Float32Array(plan.chunkElements);
    while (!progress.allReceived) {
      const chunk = await channel.receive();
      const range = progress.expected(chunk);
      if (!range || chunk.payload.length !== (range.end - range.start) * ELEMENT_BYTES) {
        throw unexpectedChunk(channel, chunk, range ? `${(range.end - range.start) * ELEMENT_BYTES} bytes` : "another");
      }
      take(values.subarray(range.start, range.end), chunk, { plan, scratch });
      progress.received(chunk.hop);
      wakeSender?.();
    }
  };
  const sendAll = async (): Promise<void> => {
    while (!progress.allSent) {
      const slot = progress.takeSendable();
      if (slot) await channel.send(slot.hop, slot.chunk, bytesOf(values, progress.rangeSent(slot)));
      else await new Promise<void>((resolve) => (wakeSender = resolve));
    }
  };
  await Promise.all([receiveAll(), sendAll()]);
}

/** Adds or copies an arrived chunk to where it belongs; the last summand also makes the mean. */
function take(target: Float32Array, chunk: Chunk, { plan, scratch }: { plan: RingPlan; scratch: Float32Array }): void {
  if (!isReduceHop(plan, chunk.hop)) {
    bytesOf(target, { start: 0, end: target.length }).set(chunk.payload);
    return;
  }
  const summand = aligned(chunk.payload, scratch);
  const divisor = isFinishingHop(plan, chunk.hop) ? plan.size : 1;
  if (divisor === 1) {
    for (let i = 0; i < target.length; i++) target[i] = target[i]! + summand[i]!;
  } else {
    for (let i = 0; i < target.length; i++) target[i] = (target[i]! + summand[i]!) / divisor;
  }
}

/** The bytes as float32: in place where they lie on a boundary of four, else copied to `scratch`. */
function aligned(bytes: Uint8Array, scratch: Float32Array): Float32Array {
  const length = bytes.length / ELEMENT_BYTES;
  if (bytes.byteOffset % ELEMENT_BYTES === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, length);
  new Uint8Array(scratch.buffer).set(bytes);
  return scratch.subarray(0, length);
}

function bytesOf(values: Float32Array, { start, end }: Range): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset + start * ELEMENT_BYTES, (end - start) * ELEMENT_BYTES);
}
