import { PetageError } from "#lib/base/errors.ts";

/** Probabilities of the classes of one sample, class k being an age of k months; they need not sum to exactly 1. [C] */
export type Distribution = ArrayLike<number>;

/** Sum of the probabilities. @throws NOT_FINITE where it is not a positive number. */
function mass(distribution: Distribution): number {
  let total = 0;
  for (let month = 0; month < distribution.length; month++) total += distribution[month] ?? 0;
  if (total > 0 && Number.isFinite(total)) return total;
  throw new PetageError("NOT_FINITE", `The probabilities of a sample sum to ${total}, expected 1`, {
    hint: "The model has diverged: lower the learning rate, or take an earlier checkpoint",
  });
}

/** The `count` most probable classes, best first; the lower class first where two are equal. */
export function topClasses(distribution: Distribution, count: number): number[] {
  const best: number[] = [];
  for (let month = 0; month < distribution.length; month++) {
    const value = distribution[month] ?? 0;
    const rank = best.findIndex((other) => value > (distribution[other] ?? 0));
    if (rank >= 0) best.splice(rank, 0, month);
    else best.push(month);
    if (best.length > count) best.pop();
  }
  return best;
}

/** The expected age in months. */
export function meanOf(distribution: Distribution): number {
  const total = mass(distribution);
  let sum = 0;
  for (let month = 0; month < distribution.length; month++) sum += month * (distribution[month] ?? 0);
  return sum / total;
}

/** The smallest month that at least `share` of the probability does not exceed. */
export function quantileOf(distribution: Distribution, share: number): number {
  const wanted = share * mass(distribution);
  let below = 0;
  for (let month = 0; month < distribution.length; month++) {
    below += distribution[month] ?? 0;
    if (below >= wanted) return month;
  }
  return distribution.length - 1;
}

/**
 * The median month. Labels are whole months, so this month, and not a point between two, has the least expected
 * absolute error under the model's own distribution; of the decoders tried on the contest's ages it was the best by
 * about two months against the argmax, provided that the probabilities are calibrated.
 */
export function medianOf(distribution: Distribution): number {
  return quantileOf(distribution, 0.5);
}

/** A range of months, both ends included. */
export interface Interval {
  readonly lowMonths: number;
  readonly highMonths: number;
}

/** The central interval that holds at least `coverage` (0..1) of the probability. */
export function centralInterval(distribution: Distribution, coverage: number): Interval {
  const tail = (1 - coverage) / 2;
  return { lowMonths: quantileOf(distribution, tail), highMonths: quantileOf(distribution, 1 - tail) };
}
