import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "#lib/config/language/load.ts";
import { serializeConfig } from "#lib/config/print/serialize.ts";
import type { ConfigValue } from "#lib/config/value.ts";
import { nodeConfigFiles } from "#lib/host/files/config-files.ts";
import { findNamedConfig } from "#lib/host/files/named-configs.ts";
import { serviceEntry } from "#lib/host/paths.ts";
import { startProcess } from "#lib/host/process/processes.ts";
import type { BenchContext, Benchmark, Measurement } from "./benchmark.ts";
import { median } from "./benchmark.ts";
import { startOurs, startPeer } from "./contestant.ts";
import type { Contestant } from "./contestant.ts";
import { drawPhotos } from "./photos.ts";
import type { PhotoSize } from "./photos.ts";
import { inScratchFolder } from "./scratch.ts";

/** What the program of ours is given, and the peers. */
export interface PipelineSetup {
  readonly photos: readonly string[];
  readonly pipeline: ConfigValue[];
}

interface PeerSetup extends PipelineSetup {
  readonly library: "cv2" | "pillow" | "mmpretrain" | "torch";
  /** Processes of torch's DataLoader. */
  readonly workers: number;
}

/** What a trainer of ours is given: where its data-loader is, or what to load itself. */
export type TrainerSetup = { readonly address: string } | { readonly config: string; readonly workers: number };

export interface EpochRequest {
  readonly epoch: number;
}

export interface EpochTime {
  readonly ms: number;
  readonly images: number;
  readonly peakRssBytes: number;
}

type Side = Contestant<EpochRequest, EpochTime>;

const CONFIG = "resnet101_8xb32_petage";
const OURS = new URL("data-program.ts", import.meta.url);
const TRAINER = new URL("data-trainer-program.ts", import.meta.url);
const PEER = new URL("peer_data.py", import.meta.url);

/** The training pipeline of the pet-age config, and one of the tutorial with augmentation. */
const PIPELINES = {
  crop: [
    { type: "LoadImageFromFile" },
    { type: "RandomResizedCrop", scale: 224 },
    { type: "RandomFlip", prob: 0.5, direction: "horizontal" },
    { type: "PackInputs" },
  ],
  randaugment: [
    { type: "LoadImageFromFile" },
    { type: "RandomResizedCrop", scale: 224, backend: "pillow", interpolation: "bicubic" },
    { type: "RandomFlip", prob: 0.5, direction: "horizontal" },
    {
      type: "RandAugment",
      policies: "timm_increasing",
      num_policies: 2,
      total_level: 10,
      magnitude_level: 6,
      magnitude_std: 0.5,
      hparams: { pad_val: [104, 116, 124], interpolation: "bicubic" },
    },
    { type: "PackInputs" },
  ],
} satisfies Readonly<Record<string, ConfigValue[]>>;

interface Row {
  readonly case: string;
  readonly size: PhotoSize;
  readonly pipeline: keyof typeof PIPELINES;
  readonly peer: PeerSetup["library"];
  readonly target?: number;
}

const SMALL: PhotoSize = { width: 500, height: 375 };
const LARGE: PhotoSize = { width: 1280, height: 960 };

/** One thread of ours beside one of theirs. */
const ROWS: readonly Row[] = [
  { case: "500x375", size: SMALL, pipeline: "crop", peer: "cv2", target: 1.4 },
  { case: "500x375, Pillow", size: SMALL, pipeline: "crop", peer: "pillow" },
  { case: "1280x960", size: LARGE, pipeline: "crop", peer: "cv2", target: 1.8 },
  { case: "1280x960, Pillow", size: LARGE, pipeline: "crop", peer: "pillow" },
  { case: "randaugment", size: SMALL, pipeline: "randaugment", peer: "mmpretrain", target: 1.3 },
];
const NAMES = {
  cv2: "cv2 and numpy",
  pillow: "Pillow and numpy",
  mmpretrain: "mmpretrain",
  torch: "torch DataLoader, Pillow",
};
/** As two workers are two cores' worth on both sides. */
const SERVICE_TARGETS: Readonly<Record<number, number>> = { 2: 1.2 };
const OVERHEAD_TARGET = 1.1;

const SIZES = {
  full: { photos: 60, epochImages: 480, turns: 7, rows: ROWS, workers: [1, 2], serviceRepeats: 25 },
  tiny: { photos: 10, epochImages: 10, turns: 1, rows: ROWS.slice(0, 1), workers: [1], serviceRepeats: 4 },
} as const;

/** Photos from the disk to batches: in one thread, and as a trainer gets them from the service. */
export const data: Benchmark = {
  about: "photos to batches: a thread beside cv2, Pillow and mmpretrain; the service beside torch's DataLoader",
  run: (context) =>
    inScratchFolder(async function* (folder) {
      for (const row of SIZES[context.size].rows) yield* benchThread(folder, { row, context });
      yield* benchService(join(folder, "service"), context);
    }),
};

async function* benchThread(
  folder: string,
  { row, context }: { readonly row: Row; readonly context: BenchContext },
): AsyncGenerator<Measurement> {
  const { photos: count, epochImages } = SIZES[context.size];
  context.say(`${row.case}: drawing photos`);
  const drawn = await drawPhotos(join(folder, row.case), { count, repeats: 1, size: row.size });
  const photos = Array.from({ length: Math.ceil(epochImages / drawn.length) }, () => drawn).flat();
  const setup: PipelineSetup = { photos, pipeline: PIPELINES[row.pipeline] };
  await using ours = startOurs<EpochRequest, EpochTime>(context, { program: OURS, setup });
  const peer = await startPeer<EpochRequest, EpochTime>(context, {
    name: NAMES[row.peer],
    program: PEER,
    setup: { ...setup, library: row.peer, workers: 0 } satisfies PeerSetup,
  });
  await using theirs = peer;
  const [mine, other] = await takeTurns([ours, ...(theirs ? [theirs] : [])], { what: row.case, context });
  const target = row.target === undefined ? {} : { targetRatio: row.target };
  yield { case: row.case, unit: "img/s", value: speedOf(mine), peer: beside(theirs, speedOf(other)), ...target };
  yield { case: `${row.case} rss`, unit: "MB", value: megabytesOf(mine), peer: beside(theirs, megabytesOf(other)) };
}

/** The answers of each side, without the first, which warms up. */
async function takeTurns(
  sides: readonly Side[],
  { what, context }: { readonly what: string; readonly context: BenchContext },
): Promise<EpochTime[][]> {
  const answers: EpochTime[][] = sides.map(() => []);
  const { turns } = SIZES[context.size];
  for (let epoch = 0; epoch <= turns; epoch++) {
    context.say(epoch === 0 ? `${what}: warming up` : `${what}: turn ${epoch} of ${turns}`);
    for (const [index, side] of sides.entries()) {
      const answer = await side.ask({ epoch });
      if (epoch > 0) answers[index]?.push(answer);
    }
  }
  return answers;
}

function beside(peer: Side | undefined, value: number): Measurement["peer"] {
  return peer && { name: peer.name, value };
}

function speedOf(answers: readonly EpochTime[] = []): number {
  return median(answers.map(({ ms, images }) => (images * 1000) / ms));
}

function megabytesOf(answers: readonly EpochTime[] = []): number {
  return Math.max(0, ...answers.map(({ peakRssBytes }) => peakRssBytes)) / 1e6;
}

async function* benchService(folder: string, context: BenchContext): AsyncGenerator<Measurement> {
  const { photos: count, serviceRepeats: repeats, workers } = SIZES[context.size];
  context.say("service: drawing photos");
  const photos = await drawPhotos(folder, { count, repeats, size: SMALL });
  for (const threads of workers) {
    await using ours = await startService(folder, { workers: threads, context });
    const peer = await startPeer<EpochRequest, EpochTime>(context, {
      name: NAMES.torch,
      program: PEER,
      setup: {
        photos: Array.from({ length: repeats }, () => photos).flat(),
        pipeline: PIPELINES.crop,
        library: "torch",
        workers: threads,
      } satisfies PeerSetup,
    });
    await using theirs = peer;
    const what = `service, workers ${threads}`;
    const [mine, other] = await takeTurns([ours, ...(theirs ? [theirs] : [])], { what, context });
    const target = SERVICE_TARGETS[threads];
    yield {
      case: what,
      unit: "img/s",
      value: speedOf(mine),
      peer: beside(theirs, speedOf(other)),
      ...(target !== undefined && { targetRatio: target }),
    };
  }
  yield await benchOverhead(folder, context);
}

/** What gRPC between two processes costs: the same photos, by as many threads, in this process. */
async function benchOverhead(folder: string, context: BenchContext): Promise<Measurement> {
  await using service = await startService(folder, { workers: 1, context });
  await using inProcess = startTrainer(context, { config: await writeConfig(folder), workers: 1 });
  const [remote, local] = await takeTurns([service, inProcess], { what: "service overhead", context });
  const msOf = (answers: readonly EpochTime[] | undefined): number => 1000 / speedOf(answers);
  return {
    case: "service overhead",
    unit: "ms",
    value: msOf(remote),
    peer: { name: "the same in the trainer's process", value: msOf(local) },
    targetRatio: OVERHEAD_TARGET,
  };
}

/** The config of the photos in a folder, in a file. */
async function writeConfig(folder: string): Promise<string> {
  const options = ["train", "val", "test"].map((split) => `${split}_dataloader.dataset.data_root=${folder}`);
  const config = loadConfig(findNamedConfig(CONFIG), { files: nodeConfigFiles, options });
  const file = join(folder, "config.json");
  await writeFile(file, serializeConfig({ name: CONFIG, config }));
  return file;
}

function startTrainer(context: BenchContext, setup: TrainerSetup): Side {
  return startOurs<EpochRequest, EpochTime>(context, { program: TRAINER, setup });
}

/** The real service as a process, and another as its trainer. */
async function startService(folder: string, { workers, context }: ServiceOptions): Promise<Side> {
  const environment = { PETAGE_CONFIG: await writeConfig(folder), PETAGE_WORKERS: String(workers) };
  const service = startProcess({ name: "data-loader", entry: serviceEntry("data-loader"), environment });
  try {
    const trainer = startTrainer(context, { address: String((await service.ready())["address"]) });
    return {
      name: trainer.name,
      ask: (request) => trainer.ask(request),
      async [Symbol.asyncDispose]() {
        await trainer[Symbol.asyncDispose]();
        await service.stop();
      },
    };
  } catch (error) {
    await service.stop(0);
    throw error;
  }
}

interface ServiceOptions {
  readonly workers: number;
  readonly context: BenchContext;
}
