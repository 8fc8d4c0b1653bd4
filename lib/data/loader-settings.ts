import { z } from "zod";
import { checkComponent } from "#lib/config/component/build.ts";
import type { Build } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import { datasetNodes, pipelineNodes } from "#lib/data/datasets/nested.ts";
import { samplers } from "#lib/data/samplers/index.ts";
import type { Sampler } from "#lib/data/samplers/sampler.ts";
import { buildTransforms } from "./pipeline.ts";

/** Training replaces bad samples and shuffles by default; evaluation leaves bad samples out. */
export type LoaderPurpose = "train" | "evaluate";

/** The keys of a config's `*_dataloader`. */
const DataLoaderKeys = z.strictObject({
  batch_size: z.int().positive().default(1).describe("Samples of a batch, on each rank."),
  num_workers: z.int().nonnegative().default(0).describe("Threads that decode; 0 decodes in the calling thread."),
  prefetch_factor: z.int().positive().nullable().default(null).describe("Batches made ahead per thread, by default 2."),
  drop_last: z.boolean().default(false).describe("Leave out a last, smaller batch."),
  on_bad_sample: z
    .enum(["skip", "fail"])
    .default("skip")
    .describe("skip: training takes the next sample in place of one that cannot be read, evaluation goes without."),
  num_batch_per_epoch: z.int().positive().nullable().default(null).describe("End each epoch after so many batches."),
  dataset: z.unknown().describe("The dataset with its pipeline."),
  sampler: z.unknown().optional().describe("By default DefaultSampler, which shuffles for training only."),
  collate_fn: ignored("images of equal size become one array"),
  persistent_workers: ignored("threads live as long as their loader"),
  pin_memory: ignored("batches lie in shared memory"),
  multiprocessing_context: ignored("images are decoded by threads"),
  worker_init_fn: ignored("streams are keyed by sample"),
});

export interface LoaderSettings {
  readonly settings: z.output<typeof DataLoaderKeys>;
  readonly sampler: Sampler;
  /** Where the dataset stands, which is built by reading it. */
  readonly dataset: ConfigNode;
}

export interface LoaderSettingsOptions {
  readonly purpose: LoaderPurpose;
  readonly seed: number;
  readonly build: Build;
}

/** What a `*_dataloader` says but for its data. Throws CONFIG_* with file and line. */
export function loaderSettings(node: ConfigNode, { purpose, seed, build }: LoaderSettingsOptions): LoaderSettings {
  const settings = node.parse(DataLoaderKeys, "DataLoader");
  const sampler = node.child("sampler", { type: "DefaultSampler", shuffle: purpose === "train" });
  return { settings, sampler: build(samplers, sampler, { seed }), dataset: node.child("dataset") };
}

/**
 * Checks all that a `*_dataloader` will be built from, without a look at its data. Throws CONFIG_* with file and line.
 * @returns what its transforms have to say; a line each.
 */
export function checkLoader(node: ConfigNode, options: LoaderSettingsOptions): readonly string[] {
  const { dataset } = loaderSettings(node, options);
  for (const one of datasetNodes(dataset)) checkComponent(datasets, one);
  return pipelineNodes(dataset).flatMap((pipeline) =>
    buildTransforms(pipeline, options.build).flatMap(({ notes = [] }, index) =>
      notes.map((note) => `\`${pipeline.path}.${index}\`: ${note}`),
    ),
  );
}
