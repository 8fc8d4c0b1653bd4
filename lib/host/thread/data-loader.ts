import { assert } from "#lib/base/assert.ts";
import type { Build } from "#lib/config/component/component.ts";
import { ConfigNode } from "#lib/config/component/node.ts";
import { checkDataset, type CheckOptions, type DatasetCheck } from "#lib/data/check.ts";
import { DEFAULT_IMAGE_LIMITS } from "#lib/data/image-limits.ts";
import { Loader, type BatchMaker, type LoaderOptions, type MakerSetup } from "#lib/data/loader.ts";
import { makeBatch, type BatchRecipe, type BatchTask, type MadeBatch } from "#lib/data/make-batch.ts";
import { buildPipelines } from "#lib/data/pipeline.ts";
import type { AllowedFolders } from "#lib/host/files/allowed-folders.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { loadBuild } from "#lib/host/plugins.ts";
import type { PluginModules } from "#lib/host/plugins.ts";
import { openInspector } from "./inspector.ts";
import { remote } from "./remote.ts";
import type { Remote } from "./remote.ts";

export interface OpenLoaderOptions extends Pick<LoaderOptions, "purpose" | "seed" | "log" | "workers"> {
  /** Folder that relative paths of the config start from; by default the working directory. */
  readonly root?: string;
  readonly decode?: LoaderOptions["decode"];
  /** Whose datasets, samplers and transforms the config may name besides ours. */
  readonly plugins?: PluginModules;
  /** Where the files of the dataset may lie; anywhere unless given. */
  readonly allowed?: AllowedFolders;
}

/** The batches of one `*_dataloader` of a config, from this machine's files, decoded by `num_workers` threads. */
export async function openLoader(node: ConfigNode, options: OpenLoaderOptions): Promise<Loader> {
  const { root = ".", decode = DEFAULT_IMAGE_LIMITS, allowed, plugins = [], ...rest } = options;
  const build = await loadBuild(plugins);
  const openMaker = (setup: MakerSetup, workers: number): BatchMaker =>
    workers === 0 ? new LocalMaker(setup, build) : new ThreadMaker({ ...setup, plugins }, { workers, build });
  const files = localDataFiles({ root, ...(allowed && { allowed }) });
  return await Loader.open(node, { ...rest, decode, files, build, openMaker });
}

/** Images worked on at a time where a batch is made in the calling thread: libuv's threads decode. */
const MAX_SAMPLES_IN_FLIGHT = 4;

/** What a thread needs, as it is sent to it. */
export interface DataThreadSetup extends MakerSetup {
  readonly plugins: PluginModules;
}

interface RecipeOptions {
  readonly maxSamplesInFlight: number;
  readonly blocking: boolean;
  readonly build: Build;
}

export function batchRecipe(setup: MakerSetup, { maxSamplesInFlight, blocking, build }: RecipeOptions): BatchRecipe {
  const { samples, seed, badSampleRule } = setup;
  const files = localDataFiles({ blocking });
  const context = { read: files.read.bind(files), decode: setup.decode };
  const nodes = setup.pipelines.map((place) => new ConfigNode(place));
  const pipeline = buildPipelines(nodes, context, build);
  return { samples, pipeline, seed, badSampleRule, maxSamplesInFlight };
}

class LocalMaker implements BatchMaker {
  readonly parallelism = 1;
  readonly #recipe: BatchRecipe;

  constructor(setup: MakerSetup, build: Build) {
    this.#recipe = batchRecipe(setup, { maxSamplesInFlight: MAX_SAMPLES_IN_FLIGHT, blocking: false, build });
  }

  make(task: BatchTask, memory: SharedArrayBuffer | undefined): Promise<MadeBatch> {
    return makeBatch(this.#recipe, task, memory);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class ThreadMaker implements BatchMaker {
  readonly parallelism: number;
  readonly #threads: readonly Remote<Pick<LocalMaker, "make">>[];
  #next = 0;

  constructor(setup: DataThreadSetup, { workers, build }: { readonly workers: number; readonly build: Build }) {
    batchRecipe(setup, { maxSamplesInFlight: 2, blocking: true, build }); // A wrong pipeline is told of here, not by a thread.
    this.parallelism = workers;
    const entry = new URL("./data-entry.ts", import.meta.url);
    this.#threads = Array.from({ length: workers }, (_, index) => remote(`data-${index}`, entry, { setup }));
  }

  /** Batches go to the threads in turn, as they are about equally dear. */
  make(task: BatchTask, memory: SharedArrayBuffer | undefined): Promise<MadeBatch> {
    const thread = this.#threads[this.#next];
    assert(thread, "a maker of batches has threads");
    this.#next = (this.#next + 1) % this.#threads.length;
    return thread.make(task, memory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread[Symbol.asyncDispose]()));
  }
}

export interface CheckLocalOptions
  extends
    Omit<CheckOptions, "files" | "decode" | "build" | "openInspector">,
    Pick<OpenLoaderOptions, "root" | "decode" | "plugins"> {}

/** Everything wrong with the dataset of a config, on this machine's disk, and its photos. */
export async function checkLocalDataset(node: ConfigNode, options: CheckLocalOptions): Promise<DatasetCheck> {
  const { root = ".", decode = DEFAULT_IMAGE_LIMITS, plugins = [], ...rest } = options;
  const build = await loadBuild(plugins);
  return await checkDataset(node, {
    ...rest,
    decode,
    files: localDataFiles({ root }),
    build,
    openInspector: (setup, sampleCount) => openInspector(setup, { build, plugins, sampleCount }),
  });
}
