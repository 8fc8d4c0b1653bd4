import { PetageError } from "#lib/base/errors.ts";
import { quantileOf } from "./distribution.ts";

export interface Baseline {
  /** The one answer: the median of the training labels. */
  readonly months: number;
  readonly maeMonths: number;
}

function known(labels: ArrayLike<number>): number[] {
  const months = Array.from(labels).filter((label) => label >= 0);
  if (months.length > 0) return months;
  throw new PetageError("DATASET_INVALID", `None of ${labels.length} samples has a label, so there is no baseline`, {
    hint: "Use a dataset whose annotation file holds labels",
  });
}

/** What always answering the training set's median age would score: the error that a model has to beat. Labels below 0 are left out. */
export function constantBaseline(trainLabels: ArrayLike<number>, labels: ArrayLike<number>): Baseline {
  const histogram: number[] = [];
  for (const month of known(trainLabels)) histogram[month] = (histogram[month] ?? 0) + 1;
  const months = quantileOf(histogram, 0.5);
  const errors = known(labels).map((label) => Math.abs(label - months));
  return { months, maeMonths: errors.reduce((sum, error) => sum + error, 0) / errors.length };
}
