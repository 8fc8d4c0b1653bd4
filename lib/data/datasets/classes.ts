import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import type { DataFiles } from "../files.ts";

/** Class names as a config gives them: a list, a text file with one a line, or none. */
export async function readClasses(
  classes: string | readonly string[] | null,
  files: DataFiles,
): Promise<readonly string[] | undefined> {
  if (classes === null) return undefined;
  const names = typeof classes === "string" ? await readClassFile(classes, files) : classes;
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined && names.length > 0) return names;
  const what = repeated === undefined ? "there is none" : `"${repeated}" is there twice`;
  throw new PetageError("DATASET_INVALID", `Cannot use the classes of the dataset: ${what}`);
}

async function readClassFile(path: string, files: DataFiles): Promise<string[]> {
  const text = await files.readText(files.resolve(path));
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Throws DATASET_LABEL_OUT_OF_RANGE unless the label names one of the classes. */
export function checkLabel(label: number, classCount: number, position: SourcePosition): void {
  if (label >= 0 && label < classCount) return;
  throw new PetageError(
    "DATASET_LABEL_OUT_OF_RANGE",
    `The label ${label} lies outside the dataset's ${classCount} classes, 0 to ${classCount - 1}`,
    { position, hint: "Remove the line, correct the label, or name more classes" },
  );
}
