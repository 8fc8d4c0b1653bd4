import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { DataFiles } from "../files.ts";
import type { Dataset } from "../types.ts";
import { parseAnnotations, type AnnotationLine } from "./annotation.ts";
import { checkLabel } from "./classes.ts";

export interface AnnotatedOptions {
  /** Absolute path of the annotation file. */
  readonly annotationFile: string;
  /** Absolute path of the folder that the annotated paths are relative to. */
  readonly folder: string;
  readonly withLabel: boolean;
  /** Without it the classes are the numbers 0 to the greatest label. */
  readonly classes: readonly string[] | undefined;
}

/** A dataset whose images and labels stand in a text file. Every label and file is checked here, before any is read. */
export async function readAnnotated(files: DataFiles, options: AnnotatedOptions): Promise<Dataset> {
  const { annotationFile, folder } = options;
  const lines = parseAnnotations(await files.readText(annotationFile), annotationFile, options.withLabel);
  if (lines.length === 0) {
    throw new PetageError("DATASET_INVALID", `The annotation file ${annotationFile} names no image`);
  }
  const classes = options.classes ?? numberedClasses(lines);
  for (const { label, position } of lines) if (label !== null) checkLabel(label, classes.length, position);
  const missing = await findMissing(files, folder, lines);
  if (missing[0]) throw missingError(missing[0], missing.length, folder);
  return {
    classes,
    samples: lines.map(({ path, label }) => ({ id: path, path: files.resolve(folder, path), label })),
  };
}

function numberedClasses(lines: readonly AnnotationLine[]): string[] {
  const greatest = lines.reduce((most, { label }) => Math.max(most, label ?? -1), -1);
  return Array.from({ length: greatest + 1 }, (_, label) => String(label));
}

export interface MissingFile {
  readonly line: AnnotationLine;
  /** Names that are in the folder instead. */
  readonly present: readonly string[];
}

/** The lines whose file is not there. Reads each folder once rather than asking for each file. */
export async function findMissing(
  files: DataFiles,
  folder: string,
  lines: readonly AnnotationLine[],
): Promise<MissingFile[]> {
  const listings = new Map<string, ReadonlySet<string>>();
  const missing: MissingFile[] = [];
  for (const line of lines) {
    const parent = files.resolve(folder, posix.dirname(line.path));
    const present = listings.get(parent) ?? new Set(await listFiles(files, parent));
    listings.set(parent, present);
    if (!present.has(posix.basename(line.path))) missing.push({ line, present: [...present] });
  }
  return missing;
}

async function listFiles(files: DataFiles, folder: string): Promise<readonly string[]> {
  try {
    return (await files.list(folder)).files;
  } catch (error) {
    if (PetageError.from(error).code === "NOT_FOUND") return [];
    throw error;
  }
}

export function missingError({ line, present }: MissingFile, count: number, folder: string): PetageError {
  const more = count > 1 ? `, and ${count - 1} more of this file's images are missing` : "";
  const suggestion = didYouMean(posix.basename(line.path), present);
  const advice = "Check data_root, data_prefix and the annotation";
  return new PetageError("DATASET_FILE_MISSING", `The image "${line.path}" is not in ${folder}${more}`, {
    position: line.position,
    hint: suggestion ? `${suggestion} ${advice}` : advice,
  });
}
