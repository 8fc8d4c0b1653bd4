import { z } from "zod";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { dictionary } from "#lib/config/dictionary.ts";
import type { Dataset } from "#lib/data/types.ts";
import type { DatasetContext } from "./custom-dataset.ts";
import { pipelineNodes } from "./nested.ts";
import { checkCount, wrapperKeys } from "./wrapped.ts";

/** Datasets one after the other, as mmengine's: of one list of classes, each with its own pipeline. */
export const ConcatDataset = component({
  schema: z.strictObject({
    datasets: z.array(dictionary).min(1).describe("The datasets, each with its pipeline."),
    lazy_init: wrapperKeys.lazy_init,
    ignore_keys: z
      .union([z.string(), z.array(z.string())])
      .nullable()
      .default(null)
      .describe("'classes': those of the first dataset hold, whatever the others name."),
  }),
  async create(config, { node, nest, fail }: Builder<DatasetContext, Promise<Dataset>>): Promise<Dataset> {
    const parts: Dataset[] = [];
    const nodes = node.at("datasets").items();
    let pipelines = 0;
    for (const one of nodes) {
      const { classes, samples } = await nest(one);
      const first = pipelines;
      parts.push({ classes, samples: samples.map((info) => ({ ...info, pipeline: first + (info.pipeline ?? 0) })) });
      pipelines += pipelineNodes(one).length;
    }
    const ignoresClasses = [config.ignore_keys ?? []].flat().includes("classes");
    const classes = ignoresClasses ? parts[0]?.classes : commonClasses(parts);
    if (!classes) throw fail("The datasets name different classes", { at: "datasets", hint: "Give all the same list" });
    checkCount(parts.reduce((sum, { samples }) => sum + samples.length, 0));
    return { classes, samples: parts.flatMap(({ samples }) => samples) };
  },
});

/** The longest list of names, where all others are its beginning: datasets without `classes` count to their greatest label. */
function commonClasses(parts: readonly Dataset[]): readonly string[] | undefined {
  const lists = parts.map(({ classes }) => classes);
  const longest = lists.reduce((most, list) => (list.length > most.length ? list : most), []);
  return lists.every((list) => list.every((name, position) => name === longest[position])) ? longest : undefined;
}
