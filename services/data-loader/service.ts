import { crc32 } from "node:zlib";
import { PetageError } from "#lib/base/errors.ts";
import type { Batch } from "#lib/data/types.ts";
import type { Loader } from "#lib/data/loader.ts";
import type { Implementation } from "#lib/rpc/contract.ts";
import type { Splits, SplitName } from "./splits.ts";

const SPLITS: Readonly<Record<string, SplitName>> = {
  SPLIT_TRAIN: "train",
  SPLIT_VALIDATION: "val",
  SPLIT_TEST: "test",
};
const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

export function createDataLoaderService(splits: Splits): Implementation<"DataLoaderService"> {
  const loaderOf = (split: string): Promise<Loader> => {
    const name = SPLITS[split];
    if (name) return splits.open(name);
    throw new PetageError("INVALID_ARGUMENT", `split is ${split}, expected one of ${Object.keys(SPLITS).join(", ")}`);
  };
  return {
    async getDataset({ split, worldSize }, { signal }) {
      const loader = await loaderOf(split);
      const description = await loader.describe(worldSize || 1, signal);
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
      const first = pageToken === "" ? 0 : Number(pageToken);
      if (!Number.isInteger(first) || first < 0) {
        throw new PetageError("INVALID_ARGUMENT", `page_token ${pageToken} is not one that ListSamples gave`);
      }
      const size = Math.min(pageSize || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
      const page = samples.slice(first, first + size);
      return {
        samples: page.map(({ id, label }, index) => ({
          sampleId: id,
          sampleIndex: first + index,
          ...(label === null ? {} : { label }),
        })),
        nextPageToken: first + size < samples.length ? String(first + size) : "",
        totalSize: samples.length,
      };
    },
    async *streamBatches({ split, epoch, rank, worldSize, startStep }, { signal }) {
      const loader = await loaderOf(split);
      const range = { epoch, rank, worldSize: worldSize || 1, startStep };
      if (rank < 0 || rank >= range.worldSize) {
        throw new PetageError("INVALID_ARGUMENT", `rank is ${rank}, expected 0 to ${range.worldSize - 1}`);
      }
      for await (const batch of loader.batches(range, signal)) yield toMessage(batch);
    },
  };
}

function toMessage(batch: Batch) {
  const { images, labels, height, width } = batch;
  const data = Buffer.from(images.buffer, images.byteOffset, images.byteLength);
  return {
    step: batch.step,
    images: { datatype: "UINT8", shape: [labels.length, height, width, 3], data },
    labels: [...labels],
    sampleIds: [...batch.sampleIds],
    sampleIndices: [...batch.sampleIndices],
    skippedSampleIds: [...batch.skippedIds],
    crc32: crc32(data),
  };
}
