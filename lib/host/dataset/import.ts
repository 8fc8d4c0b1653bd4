import { constants } from "node:fs";
import { copyFile, lstat, readdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { mapLimited } from "#lib/base/limited.ts";
import type { Log } from "#lib/base/log.ts";
import { abortReason } from "#lib/base/signals.ts";
import { readAnnotated } from "#lib/data/datasets/annotated.ts";
import { readFolders } from "#lib/data/datasets/folders.ts";
import { findSplits, type SplitHints, type SplitPlace } from "#lib/data/datasets/layouts.ts";
import type { DataFiles } from "#lib/data/files.ts";
import { IMAGE_EXTENSIONS } from "#lib/data/image-format.ts";
import type { ImageLimits } from "#lib/data/image-limits.ts";
import { AGE_CLASSES } from "#lib/data/synth/ages.ts";
import type { SampleInfo } from "#lib/data/types.ts";
import { localDataFiles } from "#lib/host/files/data-files.ts";
import { makeFolder } from "#lib/system/folders.ts";
import { writeNamed } from "#lib/system/naming.ts";
import { lineOf } from "./split.ts";

export interface ImportOptions extends SplitHints {
  /** Folder to make; it must not be there, or be empty. */
  readonly out: string;
  /** link: symbolic links to the photos; copy: files of their own. The source stays as it is in any case. */
  readonly by: "link" | "copy";
  readonly decode: ImageLimits;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly count: number }) => void;
}

export interface ImportedSplit extends SplitPlace {
  readonly samples: readonly SampleInfo[];
  /** Lines that were left out, and why. */
  readonly problems: readonly PetageError[];
}

/** Files copied at a time. */
const MAX_COPIES_IN_FLIGHT = 4;

/**
 * Makes a dataset in petage's layout (`train/`, `meta/train.txt`, ...) of one in another. It is whole or absent: it is
 * made under another name, and renamed.
 */
export async function importDataset(source: string, options: ImportOptions): Promise<readonly ImportedSplit[]> {
  const { out, log } = options;
  await checkPlaces(source, out);
  const files = localDataFiles();
  const places = await findSplits(files, resolve(source), options);
  const splits: ImportedSplit[] = [];
  for (const place of places) splits.push(await readSplit(files, { source: resolve(source), place, log }));
  const staging = `${resolve(out)}.importing`;
  await rm(staging, { recursive: true, force: true }); // what an import that was ended has left
  try {
    await copyAll(files, { ...options, staging, splits });
    await writeMeta(staging, splits);
    await rm(out, { recursive: true, force: true }); // which is empty
    await rename(staging, resolve(out));
  } catch (thrown) {
    await rm(staging, { recursive: true, force: true });
    throw thrown;
  }
  return splits;
}

async function checkPlaces(source: string, out: string): Promise<void> {
  const way = relative(resolve(source), resolve(out));
  if (way === "" || !(way.startsWith("..") || resolve(way) === way)) {
    throw new PetageError("INVALID_ARGUMENT", `${out} lies within ${source}, which stays as it is`, {
      hint: "Name another folder with --out",
    });
  }
  const names: readonly string[] = await readdir(out).catch(() => []);
  if (names.length === 0) return;
  throw new PetageError("FAILED_PRECONDITION", `The folder ${out} holds other files`, {
    hint: "Name another folder with --out, or remove this one",
  });
}

interface ReadOptions {
  readonly source: string;
  readonly place: SplitPlace;
  readonly log: Log;
}

async function readSplit(files: DataFiles, { source, place, log }: ReadOptions): Promise<ImportedSplit> {
  const problems: PetageError[] = [];
  const folder = files.resolve(source, place.photos);
  const common = { folder, withLabel: true, labelsBeyond: "reject", log } as const;
  const { samples: found } =
    place.list === undefined
      ? await readFolders(files, { ...common, classes: await monthsBelow(files, folder), extensions: IMAGE_EXTENSIONS })
      : await readAnnotated(files, {
          ...common,
          annotationFile: files.resolve(source, place.list),
          classes: undefined,
          onProblem: (problem) => void problems.push(problem),
        });
  const samples = found.filter(({ id }) => !leadsOut(id));
  for (const { id } of found) {
    if (leadsOut(id))
      problems.push(new PetageError("DATASET_INVALID", `"${id}" leads out of the folder of its photos`));
  }
  return { ...place, samples, problems };
}

/** Classes 0 to the greatest month that a folder is named by. */
async function monthsBelow(files: DataFiles, folder: string): Promise<string[]> {
  const { folders } = await files.list(folder);
  const greatest = folders.reduce((most, name) => (/^\d{1,5}$/.test(name) ? Math.max(most, Number(name)) : most), 0);
  return Array.from({ length: greatest + 1 }, (_, month) => String(month));
}

function leadsOut(id: string): boolean {
  return /^[/\\]|^[a-z]:[/\\]|(^|[/\\])\.\.([/\\]|$)/i.test(id);
}

interface CopyOptions extends ImportOptions {
  readonly staging: string;
  readonly splits: readonly ImportedSplit[];
}

async function copyAll(
  files: DataFiles,
  { staging, splits, by, signal, onProgress, decode }: CopyOptions,
): Promise<void> {
  const photos = splits.flatMap(({ split, samples }) => {
    const byId = new Map(samples.map(({ id, path }) => [id, path]));
    return [...byId].map(([id, path]) => ({ path, target: join(staging, split, id) }));
  });
  for (const folder of new Set(photos.map(({ target }) => dirname(target)))) await makeFolder(folder);
  let done = 0;
  await mapLimited(photos, MAX_COPIES_IN_FLIGHT, async ({ path, target }) => {
    if (signal.aborted) throw abortReason(signal);
    const isFile = (await lstat(path).catch(() => undefined)) !== undefined;
    if (!isFile && by === "link") {
      throw new PetageError("INVALID_ARGUMENT", `${path} lies in an archive, to which no link can lead`, {
        hint: "Leave --link out; or name the archive in the config: data_prefix='photos.zip' works as it is",
      });
    }
    if (!isFile) await writeNamed(target, await files.read(path, decode.maxImageBytes));
    else if (by === "link") await symlink(path, target);
    else await copyFile(path, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    onProgress?.({ done: ++done, count: photos.length });
  });
}

async function writeMeta(staging: string, splits: CopyOptions["splits"]): Promise<void> {
  await makeFolder(join(staging, "meta"));
  const classes = Array.from({ length: AGE_CLASSES }, (_, month) => `${month}\n`);
  await writeNamed(join(staging, "meta", "classes.txt"), classes.join(""));
  for (const { split, samples } of splits) {
    await writeNamed(join(staging, "meta", `${split}.txt`), samples.map(lineOf).join(""));
  }
}
