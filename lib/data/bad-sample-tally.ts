import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import type { BadSample, MadeBatch } from "./make-batch.ts";

/** Lines that one epoch may write about bad samples, and about those cut short. */
const MAX_LOGGED_BAD_SAMPLES = 10;
/** Share of an epoch's samples that training goes without. */
export const MAX_BAD_SAMPLE_FRACTION = 0.1;

export const CUT_SHORT_WARNING = "a photo is cut short: what is missing is grey, as in OpenCV; copy or export it again";

export interface TallyOptions {
  /** Samples of the epoch, on this rank. */
  readonly sampleCount: number;
  /** Whether too many end the epoch. */
  readonly limited: boolean;
  readonly log: Log;
}

/** Counts and reports the samples of an epoch that could not be read, or not to their end. */
export class BadSampleTally {
  readonly #options: TallyOptions;
  readonly #ids = new Set<string>();
  readonly #cutShortIds = new Set<string>();

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  /** Throws TOO_MANY_BAD_SAMPLES when the share of bad samples exceeds the limit. */
  add({ badSamples: samples, cutShortIds }: Pick<MadeBatch, "badSamples" | "cutShortIds">): void {
    for (const id of cutShortIds) this.#addCutShort(id);
    for (const sample of samples) this.#addOne(sample);
    const { sampleCount, limited } = this.#options;
    if (!limited || this.#ids.size <= MAX_BAD_SAMPLE_FRACTION * sampleCount) return;
    const last = samples.at(-1);
    throw new PetageError(
      "TOO_MANY_BAD_SAMPLES",
      `${this.#ids.size} of the epoch's ${sampleCount} samples could not be read, more than ${MAX_BAD_SAMPLE_FRACTION * 100} %; the last was "${last?.id}": ${last?.reason}`,
      { hint: "Run `petage dataset check CONFIG` and mend or remove what it lists" },
    );
  }

  #addCutShort(id: string): void {
    if (this.#cutShortIds.has(id)) return;
    this.#cutShortIds.add(id);
    const { log } = this.#options;
    if (this.#cutShortIds.size <= MAX_LOGGED_BAD_SAMPLES) log.warn(CUT_SHORT_WARNING, { id });
    if (this.#cutShortIds.size === MAX_LOGGED_BAD_SAMPLES)
      log.warn("further photos of this epoch that are cut short are not logged");
  }

  #addOne({ id, code, reason }: BadSample): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    const { log } = this.#options;
    if (this.#ids.size <= MAX_LOGGED_BAD_SAMPLES)
      log.warn("skipped a sample that cannot be read", { id, code, reason });
    if (this.#ids.size === MAX_LOGGED_BAD_SAMPLES) log.warn("further skipped samples of this epoch are not logged");
  }
}
