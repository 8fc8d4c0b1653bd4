import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "#lib/config/language/load.ts";
import { serializeConfig } from "#lib/config/print/serialize.ts";
import type { BatchSource } from "#lib/data/types.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { findNamedConfig } from "#lib/host/files/named-configs.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "#lib/host/process/processes.ts";
import { remoteBatchSource } from "#lib/rpc/batch-source.ts";
import { dial } from "#lib/rpc/client.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { median } from "./benchmark.ts";
import { startPeer } from "./contestant.ts";
import type { Contestant } from "./contestant.ts";
import { drawPhotos } from "./photos.ts";
import { inScratchFolder } from "./scratch.ts";

interface EpochRequest {
  readonly epoch: number;
}

interface EpochTime {
  readonly ms: number;
  readonly images: number;
}

const CONFIG = "resnet101_8xb32_petage";
const PEER = new URL("peer_data.py", import.meta.url);
const never = new AbortController().signal;

const SIZES = {
  full: { count: 100, repeats: 8, workers: [1, 2], turns: 5 },
  tiny: { count: 10, repeats: 4, workers: [1], turns: 1 },
} as const;

/** Photos of 500 x 375 through the training pipeline of the config and gRPC, as a trainer gets them. */
export const dataLoader: Benchmark = {
  about: "data-loader service: img/s that a trainer gets, with 1 and 2 workers (peer: torch DataLoader with Pillow)",
  run: (context) =>
    inScratchFolder(async function* (folder) {
      const { workers, ...size } = SIZES[context.size];
      context.say("data-loader: drawing photos");
      const data = join(folder, "pets");
      await drawPhotos(data, size);
      for (const count of workers) yield await benchLoader(data, { workers: count, context });
    }),
};

async function benchLoader(
  data: string,
  { workers, context }: { readonly workers: number; readonly context: BenchContext },
): Promise<Measurement> {
  await using ours = await startOurLoader(data, workers);
  const peer = await startPeer<EpochRequest, EpochTime>(context, {
    name: "torch DataLoader, Pillow",
    program: PEER,
    setup: { data, workers },
  });
  await using theirs = peer;
  const sides = [ours, theirs].filter((side) => side !== undefined);
  const speeds = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  const { turns } = SIZES[context.size];
  for (let epoch = 0; epoch <= turns; epoch++) {
    context.say(epoch === 0 ? `data-loader, workers ${workers}: warming up` : `data-loader: turn ${epoch} of ${turns}`);
    for (const side of sides) {
      const { ms, images } = await side.ask({ epoch });
      if (epoch > 0) speeds.get(side.name)?.push((images * 1000) / ms);
    }
  }
  const speedOf = (name: string): number => median(speeds.get(name) ?? []);
  return {
    case: `data-loader, 500x375 JPEG to 224 px, workers ${workers}`,
    value: speedOf(ours.name),
    unit: "img/s",
    peer: theirs && { name: theirs.name, value: speedOf(theirs.name) },
  };
}

/** The real service as a process, and this process as its trainer. */
async function startOurLoader(data: string, workers: number): Promise<Contestant<EpochRequest, EpochTime>> {
  const options = ["train", "val", "test"].map((split) => `${split}_dataloader.dataset.data_root=${data}`);
  const config = loadConfig(findNamedConfig(CONFIG), { files: nodeConfigFiles, options });
  const file = join(data, "config.json");
  await writeFile(file, serializeConfig({ name: CONFIG, config }));
  const environment = { PETAGE_CONFIG: file, PETAGE_WORKERS: String(workers) };
  const service = startProcess({ name: "data-loader", entry: serviceEntry("data-loader"), environment });
  try {
    const client = dial(String((await service.ready())["address"]), "DataLoaderService");
    const source = remoteBatchSource(client, "SPLIT_TRAIN");
    return {
      name: "petage",
      ask: ({ epoch }) => timeEpoch(source, epoch),
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await service.stop();
      },
    };
  } catch (error) {
    await service.stop(0);
    throw error;
  }
}

async function timeEpoch(source: BatchSource, epoch: number): Promise<EpochTime> {
  const started = performance.now();
  let images = 0;
  for await (using batch of source.batches({ epoch, rank: 0, worldSize: 1, startStep: 0 }, never)) {
    images += batch.labels.length;
  }
  return { ms: performance.now() - started, images };
}
