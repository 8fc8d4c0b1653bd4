import { crc32 } from "node:zlib";
import { PetageError } from "#lib/base/errors.ts";
import type { Batch, BatchSource } from "#lib/data/types.ts";
import type { StreamBatchesResponse__Output } from "#proto/petage/v1/StreamBatchesResponse.ts";
import type { Client } from "./contract.ts";

export type SplitMessage = "SPLIT_TRAIN" | "SPLIT_VALIDATION" | "SPLIT_TEST";

/** The batches of a data-loader service: the same bytes as the in-process loader gives. */
export function remoteBatchSource(client: Client<"DataLoaderService">, split: SplitMessage): BatchSource {
  return {
    async describe(worldSize, signal) {
      const dataset = await client.getDataset({ split, worldSize }, { signal });
      return {
        stepsPerEpoch: dataset.stepsPerEpoch,
        sampleCount: dataset.sampleCount,
        batchSize: dataset.batchSize,
        classes: dataset.classes,
      };
    },
    async *batches({ epoch, rank, worldSize, startStep }, signal) {
      const stream = client.streamBatches({ split, epoch, rank, worldSize, startStep }, { signal });
      for await (const message of stream) yield fromMessage(message);
    },
  };
}

function fromMessage(message: StreamBatchesResponse__Output): Batch {
  const { images, labels, step } = message;
  const [count = 0, height = 0, width = 0, channels = 0] = images?.shape ?? [];
  const bytes = images?.data ?? Buffer.alloc(0);
  if (bytes.length !== count * height * width * channels || labels.length !== count) {
    throw new PetageError(
      "INTERNAL",
      `Batch ${step} has ${bytes.length} bytes for ${count} x ${height} x ${width} images`,
    );
  }
  if (crc32(bytes) !== message.crc32) throw new PetageError("UNAVAILABLE", `Batch ${step} was damaged on its way`);
  return {
    step,
    images: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    height,
    width,
    labels: Int32Array.from(labels),
    sampleIds: message.sampleIds,
    sampleIndices: Int32Array.from(message.sampleIndices),
    skippedIds: message.skippedSampleIds,
  };
}
