import { assert } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Predictions } from "./types.ts";

/** One sample that has a label. */
export interface LabelledSample {
  readonly probabilities: Float32Array; // [C]
  readonly label: number;
}

/** The samples that have a label (>= 0). @throws DATASET_INVALID where there is none. */
export function labelledSamples({ probabilities, labels, numClasses }: Predictions): LabelledSample[] {
  assert(
    probabilities.length === labels.length * numClasses,
    `${probabilities.length} probabilities for ${labels.length} labels`,
  );
  const samples: LabelledSample[] = [];
  labels.forEach((label, index) => {
    if (label < 0) return;
    samples.push({ label, probabilities: probabilities.subarray(index * numClasses, (index + 1) * numClasses) });
  });
  if (samples.length > 0) return samples;
  throw new PetageError(
    "DATASET_INVALID",
    `None of ${labels.length} samples has a label, so there is nothing to measure`,
    {
      hint: "Evaluate on a dataset whose annotation file holds labels",
    },
  );
}

/** The mean of a number per sample. */
export function meanOver<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0) / items.length;
}
