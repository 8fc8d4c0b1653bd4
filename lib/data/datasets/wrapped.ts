import { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import type { Dataset } from "#lib/data/types.ts";

/** The keys that every dataset around another one has. */
export const wrapperKeys = {
  dataset: dictionary.describe("The dataset inside, with its pipeline."),
  lazy_init: ignored("a dataset is read when its loader opens", z.boolean().default(false)),
};

/** What an epoch's order, kept in memory, may have. */
const MAX_SAMPLES = 50_000_000;

/** The samples of a dataset at these positions, each as often as it is named. */
export function picked(dataset: Dataset, positions: readonly number[]): Dataset {
  const samples = positions.map((position) => {
    const sample = dataset.samples[position];
    if (sample) return sample;
    const message = `indices names sample ${position} of a dataset of ${dataset.samples.length}`;
    throw new PetageError("DATASET_INVALID", message);
  });
  return { ...dataset, samples };
}

/** Refuses to make a dataset of more samples than a machine should hold. */
export function checkCount(count: number): void {
  if (count <= MAX_SAMPLES) return;
  throw new PetageError("DATASET_INVALID", `The dataset would have ${count} samples: the limit is ${MAX_SAMPLES}`, {
    hint: "Lower the number of repetitions",
  });
}
