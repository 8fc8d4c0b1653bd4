import { PetageError } from "#lib/base/errors.ts";
import { centralInterval, meanOf, medianOf, topClasses, type Distribution } from "#lib/metrics/distribution.ts";

export const DEFAULT_COVERAGE = 0.8;
export const DEFAULT_TOP_K = 5;

export interface EstimateOptions {
  /** Probability that the interval shall hold, in (0, 1). */
  readonly coverage?: number;
  /** How many of the most probable months to list. */
  readonly topK?: number;
}

/** An age as a distribution over months, and what people ask of it. */
export interface AgeEstimate {
  /** The answer: the median. */
  readonly ageMonths: number;
  readonly meanMonths: number;
  readonly modeMonths: number;
  readonly monthProbabilities: readonly number[]; // [C]
  readonly top: readonly { readonly months: number; readonly probability: number }[];
  readonly interval: { readonly lowMonths: number; readonly highMonths: number; readonly coverage: number };
}

/** Checks what a caller asks for. INVALID_ARGUMENT names the value and its range. */
export function checkEstimateOptions({ coverage = DEFAULT_COVERAGE, topK = DEFAULT_TOP_K }: EstimateOptions): void {
  if (!(coverage > 0 && coverage < 1)) {
    throw new PetageError(
      "INVALID_ARGUMENT",
      `interval_coverage is ${coverage}, expected a number above 0 and below 1`,
    );
  }
  if (!Number.isInteger(topK) || topK < 0) {
    throw new PetageError("INVALID_ARGUMENT", `top_k is ${topK}, expected an integer of at least 0`);
  }
}

/** The age that the probabilities [C] of the classes 0..C-1 months tell. NOT_FINITE when they are no probabilities. */
export function estimateAge(probabilities: Distribution, options: EstimateOptions = {}): AgeEstimate {
  checkEstimateOptions(options);
  const { coverage = DEFAULT_COVERAGE, topK = DEFAULT_TOP_K } = options;
  const best = topClasses(probabilities, Math.max(1, topK));
  return {
    ageMonths: medianOf(probabilities),
    meanMonths: meanOf(probabilities),
    modeMonths: best[0] ?? 0,
    monthProbabilities: Array.from(probabilities),
    top: best.slice(0, topK).map((months) => ({ months, probability: probabilities[months] ?? 0 })),
    interval: { ...centralInterval(probabilities, coverage), coverage },
  };
}
