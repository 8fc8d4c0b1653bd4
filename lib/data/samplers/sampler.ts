import { permutation, randomStream } from "#lib/base/random.ts";

/** What share of which epoch is asked for. */
export interface SampleRequest {
  /** Samples in the dataset. */
  readonly count: number;
  readonly epoch: number;
  readonly rank: number;
  readonly worldSize: number;
}

/** The positions in the dataset that one rank sees in an epoch, in order. Pure: the same request gives the same answer. */
export type Sampler = (request: SampleRequest) => readonly number[];

export interface SamplerContext {
  /** Used where the config names no seed of its own. */
  readonly seed: number;
}

/** The stream of orders, kept apart from those of samples, which are keyed (seed, epoch, position). */
const ORDER_STREAM = 2 ** 32 - 1;

/** All positions of an epoch, shuffled anew for each (seed, epoch) or in order. */
export function epochOrder(
  count: number,
  shuffle: false | { readonly seed: number; readonly epoch: number },
): number[] {
  if (!shuffle) return Array.from({ length: count }, (_, index) => index);
  return permutation(count, randomStream(shuffle.seed, shuffle.epoch, ORDER_STREAM));
}

/** The order repeated up to a length that all ranks can share evenly. */
export function roundUpToRanks(order: readonly number[], worldSize: number): number[] {
  const total = Math.ceil(order.length / worldSize) * worldSize;
  return Array.from({ length: total }, (_, index) => order[index % order.length] ?? 0);
}

/** Every `worldSize`-th of the order, from `rank` on. */
export function everyNth(order: readonly number[], rank: number, worldSize: number): number[] {
  return order.filter((_, index) => index % worldSize === rank);
}
