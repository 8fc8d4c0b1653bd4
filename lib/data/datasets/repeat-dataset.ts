import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import type { Dataset } from "#lib/data/types.ts";
import type { DatasetContext } from "./custom-dataset.ts";
import { checkCount, picked, wrapperKeys } from "./wrapped.ts";

/** A dataset so many times in a row, as mmengine's; each repetition is augmented differently. */
export const RepeatDataset = component({
  schema: z.strictObject({
    ...wrapperKeys,
    times: z.int().positive().describe("How often an epoch has each sample."),
  }),
  async create({ times }, { node, nest }: Builder<DatasetContext, Promise<Dataset>>): Promise<Dataset> {
    const dataset = await nest(node.at("dataset"));
    const { length } = dataset.samples;
    checkCount(times * length);
    return picked(
      dataset,
      Array.from({ length: times * length }, (_, position) => position % length),
    );
  },
});
