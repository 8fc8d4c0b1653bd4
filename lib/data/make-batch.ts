import { assert } from "#lib/base/assert.ts";
import { PetageError, type ErrorCode } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import { randomStream } from "#lib/base/random.ts";
import { bytesIn } from "./batch-memory.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Batch, Image, Sample, SampleInfo } from "./types.ts";

/** Which samples make up one batch. */
export interface BatchTask {
  readonly epoch: number;
  readonly step: number;
  /** Positions in the dataset. */
  readonly indices: readonly number[];
  /** How often each came up before in the epoch; never, unless given. */
  readonly repetitions?: readonly number[];
}

/** A sample that could not be read. */
export interface BadSample {
  readonly id: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface MadeBatch {
  readonly batch: Batch;
  readonly badSamples: readonly BadSample[];
  /** Photos that were read although their files lack the end. */
  readonly cutShortIds: readonly string[];
}

/** What to do with a sample that cannot be read: take the next one of the dataset, go without, or give up. */
export type BadSampleRule = "replace" | "leave-out" | "fail";

export interface BatchRecipe {
  readonly samples: readonly SampleInfo[];
  readonly pipeline: Pipeline;
  readonly seed: number;
  readonly badSampleRule: BadSampleRule;
  /** Samples of a batch worked on at a time, which bounds the decoded images held in memory. */
  readonly maxSamplesInFlight: number;
}

/** Neighbours tried in place of a bad sample before the batch is given up. */
const MAX_REPLACEMENT_TRIES = 100;

const BAD_SAMPLE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "DATASET_FILE_MISSING",
  "DATASET_FILE_UNREADABLE",
  "IMAGE_EMPTY",
  "IMAGE_TOO_LARGE",
  "IMAGE_FORMAT_UNSUPPORTED",
  "IMAGE_UNDECODABLE",
]);

/**
 * Reads and transforms the samples of a batch. A pure function of recipe and task but for reading files, so that the
 * batch is the same whichever thread or process makes it.
 * @param memory where its images go if they fit
 */
export async function makeBatch(
  recipe: BatchRecipe,
  task: BatchTask,
  memory: SharedArrayBuffer | undefined,
): Promise<MadeBatch> {
  const { epoch, indices, repetitions } = task;
  const images = new BatchImages(indices.length, memory);
  const made = await mapLimited(indices, recipe.maxSamplesInFlight, (index, position) =>
    makeSample(recipe, {
      epoch,
      wanted: index,
      repetition: repetitions?.[position] ?? 0,
      memoryFor: (byteLength) => images.at(position, byteLength),
    }),
  );
  const badSamples = made.flatMap(({ bad }) => bad);
  const samples = made.map(({ sample }) => sample).filter((sample) => sample !== undefined);
  const skippedIds = badSamples.map(({ id }) => id);
  const cutShortIds = samples.filter(({ cutShort }) => cutShort).map(({ info }) => info.id);
  return { batch: { ...collate(samples, images), step: task.step, skippedIds }, badSamples, cutShortIds };
}

/** The memory of a batch, which images of equal size share out. */
class BatchImages {
  readonly #count: number;
  readonly #memory: SharedArrayBuffer | undefined;
  #images: Uint8Array | undefined;

  constructor(count: number, memory: SharedArrayBuffer | undefined) {
    this.#count = count;
    this.#memory = memory;
  }

  /** Where the image of a position goes; `undefined` if it has not the size of the first that was asked for. */
  at(position: number, byteLength: number): Uint8Array | undefined {
    this.#images ??= bytesIn(this.#memory, this.#count * byteLength);
    if (this.#images.length !== this.#count * byteLength) return undefined;
    return this.#images.subarray(position * byteLength, (position + 1) * byteLength);
  }

  /** All of them, the first `count` positions. */
  first(count: number, byteLength: number): Uint8Array {
    const length = count * byteLength;
    if (this.#images === undefined || this.#images.length < length) return bytesIn(this.#memory, length);
    return this.#images.subarray(0, length);
  }
}

interface MadeSample {
  readonly sample: Sample | undefined;
  readonly bad: readonly BadSample[];
}

/** One sample of an epoch. */
interface WantedSample extends Pick<Sample, "memoryFor"> {
  readonly epoch: number;
  /** Position in the dataset. */
  readonly wanted: number;
  /** How often it came up before. */
  readonly repetition: number;
}

async function makeSample(
  recipe: BatchRecipe,
  { epoch, wanted, repetition, ...place }: WantedSample,
): Promise<MadeSample> {
  const { samples, pipeline, seed } = recipe;
  const bad: BadSample[] = [];
  const tries = recipe.badSampleRule === "replace" ? Math.min(MAX_REPLACEMENT_TRIES, samples.length) : 1;
  for (let offset = 0; offset < tries; offset++) {
    const index = (wanted + offset) % samples.length;
    const info = samples[index];
    assert(info, `sample ${wanted} of ${samples.length}`);
    try {
      const random = randomStream(seed, epoch, index + repetition * samples.length);
      return { sample: await pipeline({ info, index, ...place }, random), bad };
    } catch (thrown) {
      bad.push(badSample(info, thrown));
      if (recipe.badSampleRule === "fail") throw failed(info, thrown);
    }
  }
  if (recipe.badSampleRule === "leave-out") return { sample: undefined, bad };
  const message = `Cannot read ${tries} samples in a row, the first of them "${bad[0]?.id}": ${bad[0]?.reason}`;
  throw new PetageError("TOO_MANY_BAD_SAMPLES", message, { hint: "Run `petage dataset check CONFIG`" });
}

/** Rethrows what is not the sample's fault. */
function badSample({ id }: SampleInfo, thrown: unknown): BadSample {
  const error = PetageError.from(thrown);
  if (BAD_SAMPLE_CODES.has(error.code)) return { id, code: error.code, reason: error.message };
  throw thrown;
}

/** Tells which sample it was, and what to do. */
function failed({ id }: SampleInfo, thrown: unknown): PetageError {
  const { code, message, hint } = PetageError.from(thrown);
  return new PetageError(code, `Cannot read the sample "${id}": ${message}`, {
    cause: thrown,
    hint: hint ?? "Mend or remove it, or set on_bad_sample='skip' in the dataloader",
  });
}

/** Brings the images together that are not where they belong, in one array that threads can share. */
function collate(samples: readonly Sample[], memory: BatchImages): Omit<Batch, "step" | "skippedIds"> {
  const [first] = samples;
  const { height, width, channels, views = 1 } = first ? packed(first) : NO_IMAGE;
  const sampleLength = views * height * width * channels;
  for (const sample of samples) {
    const image = packed(sample);
    const isLikeFirst = image.height === height && image.width === width && image.channels === channels;
    if (!isLikeFirst || (image.views ?? 1) !== views) throw unequalSizes(first ?? sample, sample);
  }
  const images = memory.first(samples.length, sampleLength);
  samples.forEach((sample, position) => {
    const { data } = packed(sample);
    const place = images.subarray(position * sampleLength, (position + 1) * sampleLength);
    if (!isSameMemory(data, place)) place.set(data);
  });
  return {
    images,
    height,
    width,
    ...(views > 1 && { views }),
    labels: Int32Array.from(samples, ({ info }) => info.label ?? -1),
    sampleIds: samples.map(({ info }) => info.id),
    sampleIndices: Int32Array.from(samples, ({ index }) => index),
  };
}

function isSameMemory(one: Uint8Array, other: Uint8Array): boolean {
  return one.buffer === other.buffer && one.byteOffset === other.byteOffset;
}

const NO_IMAGE: Omit<Image, "data"> = { height: 0, width: 0, channels: 3 };

function packed({ image, info }: Sample): Image {
  assert(image, `"${info.id}" left the pipeline without an image`);
  if (image.channels === 3) return image;
  throw new PetageError(
    "CONFIG_INVALID_VALUE",
    `"${info.id}" leaves the pipeline with ${image.channels} channel, expected 3`,
    {
      hint: "Set keep_channels=True in RandomGrayscale",
    },
  );
}

function unequalSizes(first: Sample, other: Sample): PetageError {
  const size = (sample: Sample): string => {
    const { width, height, views = 1 } = packed(sample);
    return `"${sample.info.id}" is ${width} x ${height}${views > 1 ? `, ${views} times` : ""}`;
  };
  return new PetageError(
    "CONFIG_INVALID_VALUE",
    `Images of one batch differ in size after the pipeline: ${size(first)}, ${size(other)}`,
    {
      hint: "End the pipeline in a fixed size: CenterCrop after ResizeEdge, RandomResizedCrop, or Resize without keep_ratio",
    },
  );
}
