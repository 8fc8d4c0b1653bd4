import { PetageError } from "#lib/base/errors.ts";
import { needed, type DataFiles } from "#lib/data/files.ts";
import { HEAD_HINT, labelOutsideHead } from "#lib/data/head-classes.ts";
import type { AnnotationLine } from "./annotation.ts";

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
  throw new PetageError("DATASET_INVALID", `Cannot use the classes of the dataset: ${what}`, {
    ...(typeof classes === "string" && { position: { file: classes, line: 1, column: 1 } }),
  });
}

async function readClassFile(path: string, files: DataFiles): Promise<string[]> {
  const text = await needed("the class names", "Check classes", files.readText(files.resolve(path)));
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The line, unless its label names none of the dataset's classes, or none that the head has. */
export function checkLabel(line: AnnotationLine, numClasses: number, headNumClasses = Infinity): AnnotationLine {
  const { label, position } = line;
  if (label === null || (label >= 0 && label < Math.min(numClasses, headNumClasses))) return line;
  if (label >= headNumClasses && label < numClasses) {
    const message = labelOutsideHead(label, headNumClasses);
    throw new PetageError("DATASET_LABEL_OUT_OF_RANGE", message, { position, hint: HEAD_HINT });
  }
  throw new PetageError(
    "DATASET_LABEL_OUT_OF_RANGE",
    `The label ${label} lies outside the dataset's ${numClasses} classes, 0 to ${numClasses - 1}`,
    { position, hint: "Remove the line, correct the label, or name more classes" },
  );
}
