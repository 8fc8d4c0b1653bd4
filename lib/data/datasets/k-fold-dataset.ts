import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { numpyOrder } from "#lib/data/numpy-random.ts";
import type { Dataset } from "#lib/data/types.ts";
import type { DatasetContext } from "./custom-dataset.ts";
import { picked, wrapperKeys } from "./wrapped.ts";

/** One fold of a cross-validation, as mmpretrain's, sample by sample: `fold` itself in test mode, else all the others. */
export const KFoldDataset = component({
  schema: z
    .strictObject({
      ...wrapperKeys,
      fold: z.int().nonnegative().default(0).describe("The fold that is held out, from 0."),
      num_splits: z.int().positive().default(5).describe("How many folds there are."),
      test_mode: z.boolean().default(false).describe("Whether this is the fold that is held out."),
      seed: z
        .int()
        .nonnegative()
        .nullable()
        .default(null)
        .describe("Of the order that is cut into folds; None: the dataset's own order."),
    })
    .refine(({ fold, num_splits: splits }) => fold < splits, { error: "expected a fold below num_splits" }),
  async create(config, { node, nest, fail }: Builder<DatasetContext, Promise<Dataset>>): Promise<Dataset> {
    const { fold, num_splits: splits, seed } = config;
    const dataset = await nest(node.at("dataset"));
    const { length } = dataset.samples;
    if (length < splits) throw fail(`${length} samples cannot make ${splits} folds`, { at: "num_splits" });
    const order = seed === null ? dataset.samples.map((_, position) => position) : numpyOrder(length, seed);
    const [from, to] = [Math.floor((length * fold) / splits), Math.floor((length * (fold + 1)) / splits)];
    return picked(
      dataset,
      order.filter((_, place) => (place >= from && place < to) === config.test_mode),
    );
  },
});
