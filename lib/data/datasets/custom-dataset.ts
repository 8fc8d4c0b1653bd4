import { z } from "zod";
import type { Log } from "#lib/base/log.ts";
import { component } from "#lib/config/component/component.ts";
import type { Builder } from "#lib/config/component/component.ts";
import { ignored } from "#lib/config/component/ignored.ts";
import type { DataFiles } from "#lib/data/files.ts";
import { DEFAULT_EXTENSIONS } from "#lib/data/image-format.ts";
import type { Dataset } from "#lib/data/types.ts";
import { readAnnotated, type ProblemListener } from "./annotated.ts";
import { readClasses } from "./classes.ts";
import { readFolders } from "./folders.ts";
import { LABELS_BEYOND } from "./labels-beyond.ts";
import { picked } from "./wrapped.ts";

/** What datasets may reach. */
export interface DatasetContext {
  readonly files: DataFiles;
  readonly log: Log;
  /** Classes of the head that is trained on it, above which no label may lie. */
  readonly headNumClasses?: number | undefined;
  /** Gets every problem of an annotation file, in place of an error for the first. */
  readonly onProblem?: ProblemListener;
  /** Hears of every label as it is written, before anything becomes of it. */
  readonly onLabel?: (label: number) => void;
}

const prefixes = z.union([z.string(), z.object({ img_path: z.string() }).transform(({ img_path }) => img_path)]);
const classNames = z.union([z.string(), z.array(z.string())]);

/**
 * Images with a label each, in one of two layouts: a text file of `PATH<TAB>LABEL` lines (`ann_file`), or one folder
 * for each class.
 */
export const CustomDataset = component({
  schema: z
    .strictObject({
      data_root: z.string().default("").describe("Folder that ann_file and data_prefix are relative to."),
      data_prefix: prefixes.default("").describe("Folder of the images, relative to data_root."),
      ann_file: z
        .string()
        .default("")
        .describe("Text file with one image and label a line, or OpenMMLab's JSON; without it, folders are labels."),
      with_label: z.boolean().default(true).describe("Whether there are labels."),
      classes: classNames.nullable().default(null).describe("Class names, or a text file with one a line."),
      metainfo: z
        .looseObject({ classes: classNames.optional() })
        .nullable()
        .default(null)
        .describe("classes, the other way."),
      labels_beyond: z
        .enum(LABELS_BEYOND)
        .default("reject")
        .describe("Labels past the last class: refuse them, leave them out, or count them as the last class."),
      extensions: z.array(z.string()).default(DEFAULT_EXTENSIONS).describe("Which files of folders are images."),
      indices: z
        .union([z.int().positive(), z.array(z.int().nonnegative())])
        .nullable()
        .default(null)
        .describe("Only the first so many samples, or those at these positions."),
      pipeline: z.array(z.unknown()).default([]).describe("Transforms; the loader builds them."),
      test_mode: ignored("the loader's purpose decides"),
      lazy_init: ignored("a dataset is read when its loader opens"),
      serialize_data: ignored("threads share what they need"),
      max_refetch: ignored("the loader's rule for bad samples holds"),
      filter_cfg: ignored("every image is taken"),
    })
    .refine((config) => config.data_root !== "" || config.data_prefix !== "" || config.ann_file !== "", {
      error: "expected at least one of data_root, data_prefix and ann_file",
    }),
  async create(config, { context }: Builder<DatasetContext>): Promise<Dataset> {
    const { files, log, headNumClasses, onProblem, onLabel } = context;
    const { with_label: withLabel, labels_beyond: labelsBeyond } = config;
    const classes = await readClasses(config.classes ?? config.metainfo?.classes ?? null, files);
    const folder = files.resolve(config.data_root, config.data_prefix);
    const options = { folder, withLabel, classes, labelsBeyond, headNumClasses, onLabel, log };
    const { indices } = config;
    const annotationFile = files.resolve(config.data_root, config.ann_file);
    const dataset = await (config.ann_file === ""
      ? readFolders(files, { ...options, extensions: config.extensions.map((name) => name.toLowerCase()) })
      : readAnnotated(files, { ...options, annotationFile, onProblem }));
    if (indices === null) return dataset;
    if (typeof indices === "number") return { ...dataset, samples: dataset.samples.slice(0, indices) };
    return picked(dataset, indices);
  },
});
