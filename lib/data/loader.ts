import { defined } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { abortable } from "#lib/base/signals.ts";
import type { Build } from "#lib/config/component/component.ts";
import type { ConfigNode, Place } from "#lib/config/component/node.ts";
import { BadSampleTally } from "./bad-sample-tally.ts";
import { BatchMemory } from "./batch-memory.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import { pipelineNodes } from "#lib/data/datasets/nested.ts";
import type { ImageLimits } from "./image-limits.ts";
import type { DataFiles } from "./files.ts";
import type { BadSampleRule, BatchTask, MadeBatch } from "./make-batch.ts";
import { findOutsideHead, headNumClasses, requireLabels, warnOfOtherCount } from "./head-classes.ts";
import { loaderSettings } from "./loader-settings.ts";
import type { LoaderPurpose, LoaderSettings } from "./loader-settings.ts";
import { deal, type Sampler } from "#lib/data/samplers/sampler.ts";
import type { BatchSource, Dataset, LentBatch, SourceDescription, StepRange } from "./types.ts";

/** What a maker of batches needs to know; plain data, which can be sent to a thread. */
export interface MakerSetup {
  readonly samples: Dataset["samples"];
  /** Those of the config's datasets, in their order. */
  readonly pipelines: readonly Place[];
  readonly seed: number;
  readonly badSampleRule: BadSampleRule;
  readonly decode: ImageLimits;
}

/** Makes batches, in this thread or in others. */
export interface BatchMaker extends AsyncDisposable {
  /** Batches that can be made at a time. */
  readonly parallelism: number;
  /** @param memory where its images go if they fit; nobody else may use it until the batch is there */
  make(task: BatchTask, memory: SharedArrayBuffer | undefined): Promise<MadeBatch>;
}

export interface LoaderOptions {
  readonly purpose: LoaderPurpose;
  readonly seed: number;
  readonly files: DataFiles;
  readonly decode: ImageLimits;
  readonly log: Log;
  /** Builds dataset and sampler; the maker of batches builds the transforms. */
  readonly build: Build;
  /** Threads to use in place of the config's `num_workers`. */
  readonly workers?: number;
  /** Opens `workers` threads, or none where it is 0. */
  openMaker(setup: MakerSetup, workers: number): BatchMaker;
}

const DEFAULT_PREFETCH_BATCHES_PER_WORKER = 2;
/** Of the batches that one reader has made ahead; one there always is. */
export const MAX_PREFETCH_BYTES = 512 * 2 ** 20;

/** The in-process source of batches: dataset, sampler and pipeline of one `*_dataloader` of a config. */
export class Loader implements BatchSource, AsyncDisposable {
  readonly dataset: Dataset;
  readonly #labels: readonly (number | null)[];
  readonly #settings: LoaderSettings["settings"];
  readonly #sampler: Sampler;
  readonly #maker: BatchMaker;
  readonly #options: LoaderOptions;
  readonly #memory: BatchMemory;
  /** Of the largest batch so far. */
  #batchBytes = 0;

  private constructor(parts: Parts) {
    this.dataset = parts.dataset;
    this.#labels = parts.dataset.samples.map(({ label }) => label);
    this.#settings = parts.settings;
    this.#sampler = parts.sampler;
    this.#maker = parts.maker;
    this.#options = parts.options;
    // Those made ahead, the one asked for, and the one that is read.
    this.#memory = new BatchMemory({ maxFreeBuffers: this.#wantedPrefetchBatches() + 2 });
  }

  /** Reads the dataset's index and starts the threads; the caller disposes of the loader. */
  static async open(node: ConfigNode, options: LoaderOptions): Promise<Loader> {
    const { seed, files, log, decode, purpose, build } = options;
    const { settings, sampler, dataset: datasetNode } = loaderSettings(node, { purpose, seed, build });
    const count = headNumClasses(node);
    const dataset = await build(datasets, datasetNode, { files, log, headNumClasses: count });
    if (purpose === "train") requireLabels(dataset);
    for (const problem of findOutsideHead(dataset, count)) throw problem;
    warnOfOtherCount(dataset, count, log);
    const badSampleRule = settings.on_bad_sample === "fail" ? "fail" : purpose === "train" ? "replace" : "leave-out";
    const pipelines = pipelineNodes(datasetNode);
    const setup = { samples: dataset.samples, pipelines, seed, badSampleRule, decode } as const;
    const maker = options.openMaker(setup, options.workers ?? settings.num_workers);
    return new Loader({ dataset, settings, sampler, maker, options });
  }

  async describe(worldSize: number, _signal: AbortSignal): Promise<SourceDescription> {
    const stepsPerEpoch = this.#tasks({ epoch: 0, rank: 0, worldSize, startStep: 0 }).length;
    const { batch_size: batchSize } = this.#settings;
    const sampleCount = this.dataset.samples.length;
    if (stepsPerEpoch > 0) return { stepsPerEpoch, sampleCount, batchSize, classes: this.dataset.classes };
    throw new PetageError(
      "CONFIG_INVALID_VALUE",
      `An epoch has no batch: ${sampleCount} samples on ${worldSize} ranks fill no batch of ${batchSize}`,
      { hint: "Lower batch_size or set drop_last=False" },
    );
  }

  /** At most `prefetch_factor` batches per thread are made ahead of the one that is asked for, and `MAX_PREFETCH_BYTES`. */
  async *batches(range: StepRange, signal: AbortSignal): AsyncGenerator<LentBatch, void, undefined> {
    const tasks = this.#tasks(range).slice(range.startStep, range.endStep);
    const tally = this.#tally(tasks);
    const prefetched: Promise<LentMadeBatch>[] = [];
    let next = 0;
    try {
      for (let delivered = 0; delivered < tasks.length; delivered++) {
        for (; next < tasks.length && prefetched.length <= this.#maxPrefetchBatches(); next++) {
          prefetched.push(this.#make(defined(tasks[next], `batch ${next}`)));
        }
        const made = await abortable(defined(prefetched[0], "a batch that is made"), signal);
        void prefetched.shift();
        tally.add(made);
        yield made.batch;
      }
    } finally {
      for (const made of prefetched) void made.then(({ batch }) => batch[Symbol.dispose]()).catch(() => {}); // unread
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#maker[Symbol.asyncDispose]();
  }

  #wantedPrefetchBatches(): number {
    return this.#maker.parallelism * (this.#settings.prefetch_factor ?? DEFAULT_PREFETCH_BATCHES_PER_WORKER);
  }

  /** Until one batch is there, and shows how large they are, each thread makes one. */
  #maxPrefetchBatches(): number {
    const fitting =
      this.#batchBytes === 0 ? this.#maker.parallelism : Math.floor(MAX_PREFETCH_BYTES / this.#batchBytes);
    return Math.min(this.#wantedPrefetchBatches(), Math.max(1, fitting));
  }

  #make(task: BatchTask): Promise<LentMadeBatch> {
    const lend = (made: MadeBatch): LentMadeBatch => {
      this.#batchBytes = Math.max(this.#batchBytes, made.batch.images.byteLength);
      return { ...made, batch: this.#memory.lend(made.batch) };
    };
    const making = this.#maker.make(task, this.#memory.take()).then(lend);
    making.catch(() => {}); // Whoever awaits it sees the failure; nobody may, after an abort.
    return making;
  }

  #tasks({ epoch, rank, worldSize }: StepRange): BatchTask[] {
    const { batch_size: batchSize, drop_last, num_batch_per_epoch } = this.#settings;
    const count = this.#labels.length;
    const order = this.#sampler({ count, labels: this.#labels, epoch, worldSize });
    const { indices, repetitions } = deal(order, rank, worldSize);
    const batches = drop_last ? Math.floor(indices.length / batchSize) : Math.ceil(indices.length / batchSize);
    return Array.from({ length: Math.min(batches, num_batch_per_epoch ?? batches) }, (_, step) => {
      const [from, to] = [step * batchSize, (step + 1) * batchSize];
      return { epoch, step, indices: indices.slice(from, to), repetitions: repetitions.slice(from, to) };
    });
  }

  #tally(tasks: readonly BatchTask[]): BadSampleTally {
    const { purpose, log } = this.#options;
    const sampleCount = tasks.reduce((sum, { indices }) => sum + indices.length, 0);
    return new BadSampleTally({ sampleCount, log, limited: purpose === "train" });
  }
}

interface LentMadeBatch extends MadeBatch {
  readonly batch: LentBatch;
}

interface Parts {
  readonly dataset: Dataset;
  readonly settings: LoaderSettings["settings"];
  readonly sampler: Sampler;
  readonly maker: BatchMaker;
  readonly options: LoaderOptions;
}
