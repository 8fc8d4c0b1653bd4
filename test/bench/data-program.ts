import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { makeBatch } from "#lib/data/make-batch.ts";
import { buildPipeline } from "#lib/data/pipeline.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { nodeOf } from "#test/support/build.ts";
import { answerLines, contestantSetup, peakRssBytes } from "./answer-lines.ts";
import type { EpochRequest, EpochTime, PipelineSetup } from "./data.ts";

const BATCH_SIZE = 32;

const { photos, pipeline: stages } = contestantSetup<PipelineSetup>();
const files = localDataFiles({ blocking: true });
const pipeline = buildPipeline(nodeOf(stages, "pipeline"), {
  read: files.read.bind(files),
  decode: DEFAULT_IMAGE_LIMITS,
});
const samples = photos.map((path) => ({ id: path, path, label: 0 }));
const recipe = { samples, pipeline, seed: 0, badSampleRule: "leave-out", maxSamplesInFlight: 1 } as const;

/** Batches as a thread of a data-loader makes them, into memory that is used again. */
await answerLines(async ({ epoch }: EpochRequest): Promise<EpochTime> => {
  const started = performance.now();
  let memory: SharedArrayBuffer | undefined;
  let images = 0;
  for (let step = 0; step * BATCH_SIZE < photos.length; step++) {
    const first = step * BATCH_SIZE;
    const indices = Array.from({ length: Math.min(BATCH_SIZE, photos.length - first) }, (_, at) => first + at);
    const { batch } = await makeBatch(recipe, { epoch, step, indices }, memory);
    images += batch.labels.length;
    memory ??= batch.images.buffer as SharedArrayBuffer;
  }
  return { ms: performance.now() - started, images, peakRssBytes: peakRssBytes() };
});
