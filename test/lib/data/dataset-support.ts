import { buildComponent } from "#lib/config/component/build.ts";
import type { ConfigDict } from "#lib/config/value.ts";
import type { DatasetContext } from "#lib/data/datasets/custom-dataset.ts";
import { datasets } from "#lib/data/datasets/index.ts";
import type { Dataset } from "#lib/data/types.ts";
import { memoryFiles, node, recordingLog } from "./support.ts";

/** A CustomDataset, unless `config` names another type, of files that exist only here. */
export async function build(
  config: ConfigDict,
  contents: Readonly<Record<string, string>>,
  log = recordingLog(),
  others: Partial<DatasetContext> = {},
): Promise<Dataset> {
  return buildComponent(datasets, node({ type: "CustomDataset", ...config }, "dataset"), {
    files: memoryFiles(contents),
    log,
    ...others,
  });
}

export const PHOTOS = { "/data/train/A*.jpg": "", "/data/train/b c.jpg": "", "/data/train/sub/d.png": "" };
export const ANNOTATED = { data_root: "/data", data_prefix: "train", ann_file: "meta/train.txt" };
export const MONTHS = Array.from({ length: 192 }, (_, month) => String(month));

/** Those photos, annotated by this text. */
export function annotated(text: string): Readonly<Record<string, string>> {
  return { ...PHOTOS, "/data/meta/train.txt": text };
}

export function labels({ samples }: Dataset): [string, number | null][] {
  return samples.map(({ id, label }) => [id, label]);
}
