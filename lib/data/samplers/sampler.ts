import { permutation, randomStream } from "#lib/base/random.ts";

/** Which epoch is asked for. */
export interface SampleRequest {
  /** Samples in the dataset. */
  readonly count: number;
  /** Their labels (months), by position; `null` where there is none. */
  readonly labels: readonly (number | null)[];
  readonly epoch: number;
  /** How many share the epoch out between them. */
  readonly worldSize: number;
}

/**
 * The positions in the dataset that an epoch goes through, those of all ranks, in the order in which they are dealt out:
 * one to each rank in turn. Pure: the same request gives the same answer.
 */
export type Sampler = (request: SampleRequest) => readonly number[];

export interface SamplerContext {
  /** Used where the config names no seed of its own. */
  readonly seed: number;
}

/** The stream of orders, kept apart from those of samples, which are keyed (seed, epoch, position). */
const ORDER_STREAM = 2 ** 32 - 1;

/** The random numbers that the order of an epoch comes from. */
export function orderStream(seed: number, epoch: number): ReturnType<typeof randomStream> {
  return randomStream(seed, epoch, ORDER_STREAM);
}

/** All positions of an epoch, shuffled anew for each (seed, epoch) or in order. */
export function epochOrder(
  count: number,
  shuffle: false | { readonly seed: number; readonly epoch: number },
): number[] {
  if (!shuffle) return Array.from({ length: count }, (_, index) => index);
  return permutation(count, orderStream(shuffle.seed, shuffle.epoch));
}

/** The least number of samples, `count` or more, that all ranks can share evenly. */
export function roundedUp(count: number, worldSize: number): number {
  return Math.ceil(count / worldSize) * worldSize;
}

/** The order repeated up to a length that all ranks can share evenly. */
export function roundUpToRanks(order: readonly number[], worldSize: number): number[] {
  const total = roundedUp(order.length, worldSize);
  return Array.from({ length: total }, (_, index) => order[index % order.length] ?? 0);
}

/** What one rank sees of an epoch, in order. */
export interface Share {
  /** Positions in the dataset. */
  readonly indices: readonly number[];
  /** How often each was dealt out before in this epoch, to whichever rank: repetitions are augmented differently. */
  readonly repetitions: readonly number[];
}

/** The share of a rank: every `worldSize`-th of the order. */
export function deal(order: readonly number[], rank: number, worldSize: number): Share {
  const dealt = new Uint32Array(order.reduce((most, index) => Math.max(most, index), -1) + 1);
  const repetitions = order.map((index) => {
    const before = dealt[index] ?? 0;
    dealt[index] = before + 1;
    return before;
  });
  return { indices: everyNth(order, rank, worldSize), repetitions: everyNth(repetitions, rank, worldSize) };
}

function everyNth(order: readonly number[], rank: number, worldSize: number): number[] {
  return order.filter((_, position) => position % worldSize === rank);
}
