import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { DataFiles } from "#lib/data/files.ts";
import { parseLabelled, splitLines } from "./annotation.ts";
import { readJsonAnnotation } from "./annotation-json.ts";

/** The splits that a dataset may have, and how others name them. */
export const SPLIT_NAMES = {
  train: ["train", "training"],
  val: ["val", "valid", "validation"],
  test: ["test", "testing"],
} as const;
export type SplitName = keyof typeof SPLIT_NAMES;

/** Where a split is in somebody's folder: paths relative to it. */
export interface SplitPlace {
  readonly split: SplitName;
  /** The annotation file; without one, the photos lie in folders named by months. */
  readonly list: string | undefined;
  /** Folder or archive of the photos. */
  readonly photos: string;
}

/** What a caller says of a split, where it is not found. */
export interface SplitHints {
  readonly lists: Readonly<Partial<Record<SplitName, string>>>;
  readonly photos: Readonly<Partial<Record<SplitName, string>>>;
}

const LIST_FOLDERS = ["meta", "annotations", "annotation", "labels", ""];

/**
 * Finds the splits of a dataset as the contest hands it out (`annotations/train.txt`, `trainset/`), as mmpretrain has it
 * (`meta/train.txt`, `train/`), or with a folder for each month (`train/17/a.jpg`), photos in folders or archives.
 * @param source absolute path
 */
export async function findSplits(files: DataFiles, source: string, hints: SplitHints): Promise<SplitPlace[]> {
  const exists = fileFinder(files, source);
  const found: SplitPlace[] = [];
  for (const split of Object.keys(SPLIT_NAMES) as SplitName[]) {
    const list = hints.lists[split] ?? (await firstOf(listsOf(split), exists.file));
    const candidates = hints.photos[split] === undefined ? photosOf(split) : [hints.photos[split]];
    const sampled = list === undefined ? undefined : await firstName(files, files.resolve(source, list));
    const photos = await firstOf(candidates, (folder) =>
      sampled === undefined ? exists.months(folder) : exists.file(posix.join(folder, sampled)),
    );
    if (photos !== undefined) found.push({ split, list, photos });
    else if (list !== undefined) throw noPhotos(split, list, sampled);
  }
  if (found.length > 0) return found;
  throw new PetageError("DATASET_INVALID", `No dataset is found in ${source}`, {
    hint: "Expected meta/train.txt beside train/, annotations/train.txt beside trainset/, or train/MONTHS/*; or name files with --list and --photos",
  });
}

function listsOf(split: SplitName): string[] {
  const names = SPLIT_NAMES[split].flatMap((name) => [`${name}.txt`, `${name}.json`, `${name}set.txt`]);
  return LIST_FOLDERS.flatMap((folder) => names.map((name) => posix.join(folder, name)));
}

function photosOf(split: SplitName): string[] {
  const names = SPLIT_NAMES[split].flatMap((name) => [name, `${name}set`, `images/${name}`, `images/${name}set`]);
  return [...names, ...names.flatMap((name) => [`${name}.zip`, `${name}.tar`]), "images", "photos", "images.zip", "."];
}

interface Finder {
  file(path: string): Promise<boolean>;
  /** Whether it is a folder of folders that are named by months. */
  months(folder: string): Promise<boolean>;
}

function fileFinder(files: DataFiles, source: string): Finder {
  const list = async (folder: string): ReturnType<DataFiles["list"]> => {
    const nothing = { identity: "", files: [], folders: [] };
    return await files.list(files.resolve(source, folder)).catch((error: unknown) => {
      if (PetageError.from(error).code === "NOT_FOUND") return nothing;
      throw error;
    });
  };
  return {
    file: async (path) => (await list(posix.dirname(path))).files.includes(posix.basename(path)),
    async months(folder) {
      const { folders } = await list(folder);
      return folders.length > 0 && folders.every((name) => /^\d+$/.test(name));
    },
  };
}

async function firstOf(
  paths: readonly string[],
  holds: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const path of paths) if (await holds(path)) return path;
  return undefined;
}

/** The path that an annotation names first. */
async function firstName(files: DataFiles, list: string): Promise<string | undefined> {
  const text = await files.readText(list);
  if (list.toLowerCase().endsWith(".json")) return readJsonAnnotation(text, list, true).entries[0]?.().path;
  const [line] = splitLines(text, list);
  return line && parseLabelled(line).path;
}

function noPhotos(split: SplitName, list: string, name: string | undefined): PetageError {
  return new PetageError(
    "DATASET_FILE_MISSING",
    `The photos of ${split} are not found: ${list} begins with "${name}"`,
    {
      hint: `Name their folder or archive with --photos ${split}=FOLDER`,
    },
  );
}
