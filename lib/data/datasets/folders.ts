import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import { needed, type DataFiles } from "#lib/data/files.ts";
import { IMAGE_EXTENSIONS, UNREADABLE_EXTENSIONS } from "#lib/data/image-format.ts";
import type { Dataset, SampleInfo } from "#lib/data/types.ts";
import { applyRule, classNamesBy, type LabelsBeyond } from "./labels-beyond.ts";

export interface FoldersOptions {
  /** Absolute path of the folder that holds one folder for each class. */
  readonly folder: string;
  readonly withLabel: boolean;
  readonly classes: readonly string[] | undefined;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  readonly labelsBeyond: LabelsBeyond;
  /** Classes of the head that is trained on it. */
  readonly headNumClasses?: number | undefined;
  readonly onLabel?: ((label: number) => void) | undefined;
  readonly log: Log;
}

/** A dataset whose labels are the folders that the images lie in; without labels, every image below the folder. */
export async function readFolders(files: DataFiles, options: FoldersOptions): Promise<Dataset> {
  const { folder, withLabel, labelsBeyond: rule, log } = options;
  const walk = new Walk(files, folder, log);
  const samples: SampleInfo[] = [];
  const leftOut: string[] = [];
  const add = async (subfolder: string, label: number | null, above: readonly string[]): Promise<void> => {
    const { yes: paths, no } = split(await walk.below(subfolder, above), options.extensions);
    if (paths.length === 0)
      log.warn("a folder of the dataset holds no image", { folder: files.resolve(folder, subfolder) });
    samples.push(...paths.map((path) => ({ id: path, path: files.resolve(folder, path), label })));
    leftOut.push(...no);
  };
  let classes = options.classes ?? [];
  if (withLabel) {
    const listing = needed("the folder of classes", "Check data_root and data_prefix", files.list(folder));
    const { identity, folders } = await listing;
    const names = shownFolders(folders);
    classes = options.classes ?? names;
    const labels = labelFolders(names, options);
    for (const [index, name] of names.entries()) await add(name, labels[index] ?? null, [identity]);
  } else {
    await add("", null, []);
  }
  warnOfLeftOut(leftOut, folder, log);
  for (const { label } of samples) if (label !== null) options.onLabel?.(label);
  const numClasses = Math.min(classes.length, options.headNumClasses ?? Infinity);
  const kept = applyRule(samples, { rule, numClasses, source: folder, log });
  if (samples.length > 0) return { classes: classNamesBy(classes, rule, numClasses), samples: kept };
  throw new PetageError("DATASET_INVALID", `No image with one of the dataset's extensions lies below ${folder}`, {
    hint: `Its extensions are ${options.extensions.join(" ")}; images in one folder without classes need with_label=False or an ann_file`,
  });
}

/** Photos are never left out silently. */
function warnOfLeftOut(leftOut: readonly string[], folder: string, log: Log): void {
  for (const [extensions, why] of [
    [IMAGE_EXTENSIONS, "because of their endings: add these to the dataset's `extensions`"],
    [UNREADABLE_EXTENSIONS, "that petage cannot read: convert them to JPEG"],
  ] as const) {
    const photos = split(leftOut, extensions).yes;
    if (photos.length === 0) continue;
    const endings = byText([...new Set(photos.map(endingOf))]).join(" ");
    log.warn(`photos are left out ${why}`, { folder, endings, photos: photos.length, first: photos[0] });
  }
}

/** By name where the config names classes, and as mmpretrain does, by the order of text, where it does not. */
function labelFolders(names: readonly string[], options: FoldersOptions): number[] {
  const { classes, folder, log } = options;
  if (!classes) {
    if (names.length > 10 && names.every((name) => /^\d+$/.test(name))) {
      log.warn("folder names are numbers, but labels follow their order as text: name the classes to match by name", {
        folder,
        first: names.slice(0, 4),
      });
    }
    return names.map((_, index) => index);
  }
  const positions = new Map(classes.map((name, position) => [name.normalize(), position]));
  for (const name of olderThan(names, options)) positions.set(name, Number(name));
  const unknown = names.find((name) => !positions.has(name.normalize()));
  if (unknown === undefined) return names.map((name) => positions.get(name.normalize()) ?? 0);
  if (names.length === classes.length && !names.some((name) => positions.has(name.normalize()))) {
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

/** Folders of months past the last class, where the config says what becomes of them. */
function olderThan(names: readonly string[], { classes = [], labelsBeyond }: FoldersOptions): readonly string[] {
  const areMonths = labelsBeyond !== "reject" && classes.every((name, month) => name === String(month));
  return areMonths ? names.filter((name) => /^[1-9]\d{0,8}$/.test(name) && Number(name) >= classes.length) : [];
}

/** What lies below a folder. */
class Walk {
  readonly #files: DataFiles;
  readonly #folder: string;
  readonly #log: Log;

  constructor(files: DataFiles, folder: string, log: Log) {
    this.#files = files;
    this.#folder = folder;
    this.#log = log;
  }

  /**
   * Paths relative to the whole folder, in mmpretrain's order: the files of a folder first, then its folders, each by
   * text. A link that leads back to a folder above is not followed, for ever as it would be.
   */
  async below(subfolder: string, above: readonly string[]): Promise<string[]> {
    const path = this.#files.resolve(this.#folder, subfolder);
    const { identity, files, folders } = await this.#files.list(path);
    if (above.includes(identity)) {
      this.#log.warn("a folder of the dataset is a link to one that it lies in: it is left out", { folder: path });
      return [];
    }
    const found = shown(files).map((name) => posix.join(subfolder, name));
    for (const name of shownFolders(folders)) {
      found.push(...(await this.below(posix.join(subfolder, name), [...above, identity])));
    }
    return found;
  }
}

/** By text, without what systems keep for themselves: `.DS_Store`, `._photo.jpg`, `.ipynb_checkpoints`. */
function shown(names: readonly string[]): string[] {
  return byText(names.filter((name) => !name.startsWith(".")));
}

/** Folders of systems that no dot hides: of macOS's archives, Linux's disks, Windows and network disks. */
const SYSTEM_FOLDERS: ReadonlySet<string> = new Set([
  "__MACOSX",
  "lost+found",
  "$RECYCLE.BIN",
  "System Volume Information",
  "@eaDir",
  "#recycle",
  "@Recycle",
]);

function shownFolders(names: readonly string[]): string[] {
  return shown(names.filter((name) => !SYSTEM_FOLDERS.has(name)));
}

/** Paths with one of these endings, and those without. */
function split(
  paths: readonly string[],
  extensions: readonly string[],
): { readonly yes: string[]; readonly no: string[] } {
  const has = (path: string): boolean => extensions.includes(endingOf(path));
  return { yes: paths.filter(has), no: paths.filter((path) => !has(path)) };
}

function endingOf(path: string): string {
  return posix.extname(path).toLowerCase();
}

/** Code point order, as Python sorts. */
function byText(names: readonly string[]): string[] {
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
