import { crc32 } from "node:zlib";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { BatchMemory, bytesIn } from "#lib/data/batch-memory.ts";
import { sharedSource } from "#lib/data/shared-source.ts";
import type { Batch, BatchSource } from "#lib/data/types.ts";
import { workerLabel, type WorkerLabel } from "#lib/jobs/job-state.ts";
import type { StreamBatchesResponse__Output } from "#proto/petage/v1/StreamBatchesResponse.ts";
import { dial, type DialOptions } from "./client.ts";
import type { Client } from "./contract.ts";

export type SplitMessage = "SPLIT_TRAIN" | "SPLIT_VALIDATION" | "SPLIT_TEST";

/** One batch is read while the next one is on its way. */
const MAX_FREE_BUFFERS = 2;

/** The batches of a data-loader service: the same bytes as the in-process loader gives. */
export function remoteBatchSource(client: Client<"DataLoaderService">, split: SplitMessage): BatchSource {
  const memory = new BatchMemory({ maxFreeBuffers: MAX_FREE_BUFFERS });
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
    async *batches({ endStep, ...range }, signal) {
      const stream = client.streamBatches({ split, ...range, ...(endStep !== undefined && { endStep }) }, { signal });
      for await (const message of stream) yield memory.lend(fromMessage(message, memory.take()));
    },
  };
}

export interface DataLoaderPlaces {
  /** Data-loaders that the job has. */
  readonly count: number;
  /** Their addresses, separated by commas. */
  readonly given: string | undefined;
  /** Where one is: at its address, if that is given. */
  find(label: WorkerLabel<"data-loader">, given: string | undefined): Promise<string>;
}

/** Connections to all data-loaders of a job, and the batches that they give together. */
export interface DataLoaders extends AsyncDisposable {
  source(split: SplitMessage): BatchSource;
}

/** Rejects as `find` does. */
export async function dialDataLoaders(
  { count, given, find }: DataLoaderPlaces,
  { log, ...options }: DialOptions & { readonly log: Log },
): Promise<DataLoaders> {
  const addresses = given ? given.split(",") : [];
  const clients = await Promise.all(
    Array.from({ length: count }, async (_, rank) => {
      const name = workerLabel({ role: "data-loader", rank });
      return { name, client: dial(await find(name, addresses[rank]), "DataLoaderService", options) };
    }),
  );
  return {
    source(split) {
      const replicas = clients.map(({ name, client }) => ({ name, source: remoteBatchSource(client, split) }));
      return sharedSource(replicas, log);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map(({ client }) => client[Symbol.asyncDispose]()));
    },
  };
}

function fromMessage(message: StreamBatchesResponse__Output, memory: SharedArrayBuffer | undefined): Batch {
  const { labels, step } = message;
  const views = message.views || 1; // proto3 has no defaults but 0
  const [count = 0, height = 0, width = 0, channels = 0] = message.images?.shape ?? [];
  const bytes = message.images?.data ?? Buffer.alloc(0);
  if (bytes.length !== count * height * width * channels || labels.length * views !== count) {
    throw new PetageError(
      "INTERNAL",
      `Batch ${step} has ${bytes.length} bytes for ${count} x ${height} x ${width} images of ${labels.length} samples`,
    );
  }
  if (crc32(bytes) !== message.crc32) throw new PetageError("UNAVAILABLE", `Batch ${step} was damaged on its way`);
  const images = bytesIn(memory, bytes.length); // shared, so that the thread that computes gets no copy
  images.set(bytes);
  return {
    step,
    images,
    height,
    width,
    ...(views > 1 && { views }),
    labels: Int32Array.from(labels),
    sampleIds: message.sampleIds,
    sampleIndices: Int32Array.from(message.sampleIndices),
    skippedIds: message.skippedSampleIds,
  };
}
