import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import type { Dataset } from "#lib/data/types.ts";
import type { DatasetContext } from "./custom-dataset.ts";
import { checkCount, picked, wrapperKeys } from "./wrapped.ts";

/**
 * Repeats the samples of rare classes, as mmengine's: a sample whose class is the share f of all samples comes
 * ceil(max(1, sqrt(oversample_thr / f))) times, one after the other (Gupta, Dollar, Girshick, "LVIS", CVPR 2019).
 */
export const ClassBalancedDataset = component({
  schema: z.strictObject({
    ...wrapperKeys,
    oversample_thr: z.number().positive().describe("Share of all samples below which a class is repeated."),
  }),
  async create(config, { node, nest }: Builder<DatasetContext, Promise<Dataset>>): Promise<Dataset> {
    const dataset = await nest(node.at("dataset"));
    const { samples } = dataset;
    const counts = new Map<number, number>();
    for (const { label } of samples) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
    const repeats = samples.map(({ label }) => {
      const share = label === null ? 1 : (counts.get(label) ?? 0) / samples.length;
      return Math.ceil(Math.max(1, Math.sqrt(config.oversample_thr / share)));
    });
    checkCount(repeats.reduce((sum, times) => sum + times, 0));
    return picked(
      dataset,
      repeats.flatMap((times, position) => Array.from({ length: times }, () => position)),
    );
  },
});
