import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import { needed, type DataFiles } from "#lib/data/files.ts";
import type { Dataset, SampleInfo } from "#lib/data/types.ts";

export interface FoldersOptions {
  /** Absolute path of the folder that holds one folder for each class. */
  readonly folder: string;
  readonly withLabel: boolean;
  readonly classes: readonly string[] | undefined;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
}

/** A dataset whose labels are the folders that the images lie in; without labels, every image below the folder. */
export async function readFolders(files: DataFiles, options: FoldersOptions, log: Log): Promise<Dataset> {
  const { folder, withLabel } = options;
  const samples: SampleInfo[] = [];
  const add = async (subfolder: string, label: number | null): Promise<void> => {
    const paths = await imagesBelow(files, folder, { subfolder, extensions: options.extensions });
    if (paths.length === 0)
      log.warn("a folder of the dataset holds no image", { folder: files.resolve(folder, subfolder) });
    samples.push(...paths.map((path) => ({ id: path, path: files.resolve(folder, path), label })));
  };
  let classes = options.classes ?? [];
  if (withLabel) {
    const names = byText(
      (await needed("the folder of classes", "Check data_root and data_prefix", files.list(folder))).folders,
    );
    classes = options.classes ?? names;
    const labels = labelFolders(names, options, log);
    for (const [index, name] of names.entries()) await add(name, labels[index] ?? null);
  } else {
    await add("", null);
  }
  if (samples.length > 0) return { classes, samples };
  throw new PetageError("DATASET_INVALID", `No image with one of the dataset's extensions lies below ${folder}`, {
    hint: `Readable extensions are ${options.extensions.join(" ")}; images in one folder without classes need with_label=False or an ann_file`,
  });
}

/** By name where the config names classes, and as mmpretrain does, by the order of text, where it does not. */
function labelFolders(names: readonly string[], options: FoldersOptions, log: Log): number[] {
  const { classes, folder } = options;
  if (!classes) {
    if (names.length > 10 && names.every((name) => /^\d+$/.test(name))) {
      log.warn("folder names are numbers, but labels follow their order as text: name the classes to match by name", {
        folder,
        first: names.slice(0, 4),
      });
    }
    return names.map((_, index) => index);
  }
  const unknown = names.find((name) => !classes.includes(name));
  if (unknown === undefined) return names.map((name) => classes.indexOf(name));
  if (names.length === classes.length && !names.some((name) => classes.includes(name))) {
    log.warn("no folder bears the name of a class: folders and classes are matched by order", { folder });
    return names.map((_, index) => index);
  }
  const hint =
    didYouMean(unknown, classes) ??
    `The classes are ${classes.slice(0, 8).join(", ")}${classes.length > 8 ? ", ..." : ""}`;
  // With its place the error quotes neither folder nor classes to those whose files they are not.
  const position = { file: folder, line: 1, column: 1 };
  throw new PetageError("DATASET_INVALID", `The folder "${unknown}" bears the name of no class`, { position, hint });
}

interface Below {
  readonly subfolder: string;
  readonly extensions: readonly string[];
}

/** Paths relative to `folder`, in mmpretrain's order: the files of a folder first, then its folders, each by text. */
async function imagesBelow(files: DataFiles, folder: string, { subfolder, extensions }: Below): Promise<string[]> {
  const listing = await files.list(files.resolve(folder, subfolder));
  const images = byText(listing.files)
    .filter((name) => extensions.includes(posix.extname(name).toLowerCase()))
    .map((name) => posix.join(subfolder, name));
  for (const name of byText(listing.folders)) {
    images.push(...(await imagesBelow(files, folder, { subfolder: posix.join(subfolder, name), extensions })));
  }
  return images;
}

/** Code point order, as Python sorts. */
function byText(names: readonly string[]): string[] {
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
