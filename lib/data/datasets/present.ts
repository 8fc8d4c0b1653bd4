import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { DataFiles } from "#lib/data/files.ts";
import type { AnnotationLine } from "./annotation.ts";
import { FileTree } from "./file-tree.ts";

/** A line whose file is there, with the path that the disk has for it. */
interface PresentLine {
  readonly line: AnnotationLine;
  readonly path: string;
}

/** Missing files for which the nearest name is looked for, among all of their folder. */
const MAX_SUGGESTIONS = 20;

/** The lines whose files are there. Reads each folder once rather than asking for each file; tells of each that is not. */
export async function presentLines(
  files: DataFiles,
  { folder, lines }: { readonly folder: string; readonly lines: readonly AnnotationLine[] },
  onMissing: (problem: PetageError) => void,
): Promise<readonly PresentLine[]> {
  const tree = new FileTree(files, folder);
  const [present, missing]: [PresentLine[], AnnotationLine[]] = [[], []];
  for (const line of lines) {
    const path = await tree.find(line.path);
    if (path !== undefined) present.push({ line, path });
    else missing.push(line);
  }
  const below = present.length === 0 && missing.length > 0 ? await onlyFolder(files, folder) : undefined;
  for (const [index, line] of missing.entries()) {
    const beside = index < MAX_SUGGESTIONS ? await tree.filesBeside(line.path) : [];
    onMissing(missingError(line, { count: missing.length, folder, below, beside }));
  }
  return present;
}

/** The one folder that a folder holds: archives often have all their files in it. */
async function onlyFolder(files: DataFiles, folder: string): Promise<string | undefined> {
  const { folders } = await files.list(folder).catch(() => ({ folders: [] })); // that it is not there is told by others
  const shown = folders.filter((name) => !name.startsWith(".") && name !== "__MACOSX");
  return shown.length === 1 ? shown[0] : undefined;
}

interface Where {
  /** Of all that are missing. */
  readonly count: number;
  readonly folder: string;
  /** The one folder in it, where no image was found. */
  readonly below: string | undefined;
  /** Names that are in its folder instead. */
  readonly beside: readonly string[];
}

function missingError({ path, position }: AnnotationLine, { count, folder, below, beside }: Where): PetageError {
  const more = count > 1 ? `, and ${count - 1} more of this file's images are missing` : "";
  const backslash = path.includes("\\") ? "Write / between folders, not \\." : undefined;
  const suggestion = backslash ?? didYouMean(posix.basename(path), beside);
  const lower =
    below === undefined ? "" : `; the photos may lie in its folder "${below}", which data_prefix has to name`;
  const advice = `Check data_root, data_prefix and the annotation${lower}`;
  return new PetageError("DATASET_FILE_MISSING", `The image "${path}" is not in ${folder}${more}`, {
    position,
    hint: suggestion ? `${suggestion} ${advice}` : advice,
  });
}
