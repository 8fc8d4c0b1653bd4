import { assert } from "#lib/base/assert.ts";

/**
 * The schedule of a ring all-reduce (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
 * workstations", 2009), as values. The vector is cut into one segment per rank. At hop h rank r sends segment
 * (r - h) mod N to rank r + 1. For the first N - 1 hops the receiver adds what it gets (reduce-scatter), so that
 * rank r then holds the finished segment (r + 1) mod N; for the other N - 1 hops it copies (all-gather). Segments are
 * cut into chunks, and a chunk may go on as soon as it was added: the hops overlap.
 */
export interface RingPlan {
  readonly size: number;
  readonly rank: number;
  readonly elementCount: number;
  /** Most elements in a chunk. */
  readonly chunkElements: number;
}

/** Elements `start` to `end`, the latter not included. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** One chunk at one hop. */
export interface Slot {
  readonly hop: number;
  readonly chunk: number;
}

export function hopCount({ size }: RingPlan): number {
  return 2 * (size - 1);
}

/** Whether what arrives at this hop is added (else it is copied). */
export function isReduceHop({ size }: RingPlan, hop: number): boolean {
  return hop < size - 1;
}

/** Whether what arrives at this hop is the last summand, so that the receiver holds the finished sum. */
export function isFinishingHop({ size }: RingPlan, hop: number): boolean {
  return hop === size - 2;
}

export function segmentSent({ size, rank }: RingPlan, hop: number): number {
  return (rank - hop + 2 * size) % size;
}

export function segmentReceived({ size, rank }: RingPlan, hop: number): number {
  return (rank - 1 - hop + 2 * size) % size;
}

/** Where a segment lies; segments differ by at most one element in length and may be empty. */
export function segmentRange({ size, elementCount }: RingPlan, segment: number): Range {
  return {
    start: Math.floor((segment * elementCount) / size),
    end: Math.floor(((segment + 1) * elementCount) / size),
  };
}

export function chunkCount(plan: RingPlan, segment: number): number {
  const { start, end } = segmentRange(plan, segment);
  return Math.ceil((end - start) / plan.chunkElements);
}

export function chunkRange(plan: RingPlan, segment: number, chunk: number): Range {
  const segmentBounds = segmentRange(plan, segment);
  const start = segmentBounds.start + chunk * plan.chunkElements;
  return { start, end: Math.min(start + plan.chunkElements, segmentBounds.end) };
}

/**
 * How far one rank is in one all-reduce. Within a hop chunks are sent and arrive in order, so two counters per hop
 * say everything: what may be sent next, and what must arrive next.
 */
export class RingProgress {
  readonly #plan: RingPlan;
  readonly #sent: number[];
  readonly #received: number[];
  #toSend = 0;
  #toReceive = 0;

  constructor(plan: RingPlan) {
    const { size, rank, elementCount, chunkElements } = plan;
    assert(Number.isInteger(size) && size >= 1, `ring size is ${size}, expected an integer >= 1`);
    assert(Number.isInteger(rank) && rank >= 0 && rank < size, `rank is ${rank}, expected 0..${size - 1}`);
    assert(Number.isInteger(elementCount) && elementCount >= 0, `element count is ${elementCount}, expected >= 0`);
    assert(Number.isInteger(chunkElements) && chunkElements >= 1, `chunk is ${chunkElements} elements, expected >= 1`);
    this.#plan = plan;
    this.#sent = Array.from({ length: hopCount(plan) }, () => 0);
    this.#received = Array.from({ length: hopCount(plan) }, () => 0);
    for (let hop = 0; hop < hopCount(plan); hop++) {
      this.#toSend += chunkCount(plan, segmentSent(plan, hop));
      this.#toReceive += chunkCount(plan, segmentReceived(plan, hop));
    }
  }

  get allSent(): boolean {
    return this.#toSend === 0;
  }

  get allReceived(): boolean {
    return this.#toReceive === 0;
  }

  /** Takes the next chunk to send, or nothing while all that is left must arrive first. What has come farthest goes first. */
  takeSendable(): Slot | undefined {
    for (let hop = this.#sent.length - 1; hop >= 0; hop--) {
      const chunk = this.#sent[hop] as number;
      const available = hop === 0 ? chunkCount(this.#plan, segmentSent(this.#plan, 0)) : this.#received[hop - 1];
      if (chunk < (available as number)) {
        this.#sent[hop] = chunk + 1;
        this.#toSend--;
        return { hop, chunk };
      }
    }
    return undefined;
  }

  /** Where the arriving chunk belongs, or nothing when the plan expects no such chunk now. */
  expected({ hop, chunk }: Slot): Range | undefined {
    if (chunk !== this.#received[hop]) return undefined;
    const segment = segmentReceived(this.#plan, hop);
    return chunk < chunkCount(this.#plan, segment) ? chunkRange(this.#plan, segment, chunk) : undefined;
  }

  /** Notes that the expected chunk of this hop was taken in, so that it may go on. */
  received(hop: number): void {
    this.#received[hop] = (this.#received[hop] as number) + 1;
    this.#toReceive--;
  }

  rangeSent({ hop, chunk }: Slot): Range {
    return chunkRange(this.#plan, segmentSent(this.#plan, hop), chunk);
  }
}
