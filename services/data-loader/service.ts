import { crc32 } from "node:zlib";
import { PetageError } from "#lib/base/errors.ts";
import { MAX_WORKERS } from "#lib/jobs/job-limits.ts";
import type { Batch } from "#lib/data/types.ts";
import type { Loader } from "#lib/data/loader.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import { lentMessage } from "#lib/rpc/lent-message.ts";
import { pageOf } from "#lib/rpc/pages.ts";
import type { Splits, SplitName } from "./splits.ts";

const SPLITS: Readonly<Record<string, SplitName>> = {
  SPLIT_TRAIN: "train",
  SPLIT_VALIDATION: "val",
  SPLIT_TEST: "test",
};
const PAGES = { defaultSize: 100, maxSize: 1000 };

/** @param onBatch hears of each batch that is sent */
export function createDataLoaderService(
  splits: Splits,
  onBatch: (batch: Batch) => void = () => {},
): Implementation<"DataLoaderService"> {
  const loaderOf = (split: string): Promise<Loader> => {
    const name = SPLITS[split];
    if (name) return splits.open(name);
    throw new PetageError("INVALID_ARGUMENT", `split is ${split}, expected one of ${Object.keys(SPLITS).join(", ")}`);
  };
  return {
    async getDataset({ split, worldSize }, { signal }) {
      const loader = await loaderOf(split);
      const description = await loader.describe(worldSizeOf(worldSize), signal);
      const { samples, classes } = loader.dataset;
      const histogram = classes.map(() => 0);
      for (const { label } of samples) if (label !== null) histogram[label] = (histogram[label] ?? 0) + 1;
      return {
        split,
        sampleCount: description.sampleCount,
        batchSize: description.batchSize,
        stepsPerEpoch: description.stepsPerEpoch,
        classes: [...description.classes],
        labelHistogram: histogram,
        unlabelledCount: samples.filter(({ label }) => label === null).length,
      };
    },
    async listSamples({ split, pageSize, pageToken }) {
      const { samples } = (await loaderOf(split)).dataset;
      const { items, first, nextPageToken } = pageOf(samples, { pageSize, pageToken }, PAGES);
      return {
        samples: items.map(({ id, label }, index) => ({
          sampleId: id,
          sampleIndex: first + index,
          ...(label === null ? {} : { label }),
        })),
        nextPageToken,
        totalSize: samples.length,
      };
    },
    async *streamBatches({ split, epoch, rank, worldSize, startStep, endStep }, { signal }) {
      const loader = await loaderOf(split);
      const end = endStep === undefined ? {} : { endStep };
      const range = { epoch, rank, worldSize: worldSizeOf(worldSize), startStep, ...end };
      if (rank < 0 || rank >= range.worldSize) {
        throw new PetageError("INVALID_ARGUMENT", `rank is ${rank}, expected 0 to ${range.worldSize - 1}`);
      }
      for (const [name, value] of Object.entries({ epoch, start_step: startStep, end_step: endStep ?? 0 })) {
        if (value < 0) throw new PetageError("INVALID_ARGUMENT", `${name} is ${value}, expected 0 or more`);
      }
      for await (const batch of loader.batches(range, signal)) {
        onBatch(batch);
        yield lentMessage(toMessage(batch), batch);
      }
    },
  };
}

/** proto3 has no defaults but 0. An epoch is rounded up to its ranks, so their number is bounded. */
function worldSizeOf(given: number): number {
  if (given < 0 || given > MAX_WORKERS) {
    throw new PetageError("INVALID_ARGUMENT", `world_size is ${given}, expected 1 to ${MAX_WORKERS}`);
  }
  return given || 1;
}

function toMessage(batch: Batch) {
  const { images, labels, views = 1, height, width } = batch;
  const data = Buffer.from(images.buffer, images.byteOffset, images.byteLength);
  return {
    step: batch.step,
    images: { datatype: "UINT8", shape: [labels.length * views, height, width, 3], data },
    labels: [...labels],
    sampleIds: [...batch.sampleIds],
    sampleIndices: [...batch.sampleIndices],
    skippedSampleIds: [...batch.skippedIds],
    crc32: crc32(data),
    ...(views > 1 && { views }),
  };
}
