import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Log } from "#lib/base/log.ts";
import { needed, type DataFiles } from "#lib/data/files.ts";
import type { Dataset } from "#lib/data/types.ts";
import { parseLabelled, parseUnlabelled, splitLines, type AnnotationLine } from "./annotation.ts";
import { readJsonAnnotation, type JsonAnnotation } from "./annotation-json.ts";
import { checkLabel } from "./classes.ts";
import { applyRule, classNamesBy, type LabelsBeyond } from "./labels-beyond.ts";
import { presentLines } from "./present.ts";

export interface AnnotatedOptions {
  /** Absolute path of the annotation file. */
  readonly annotationFile: string;
  /** Absolute path of the folder that the annotated paths are relative to. */
  readonly folder: string;
  readonly withLabel: boolean;
  /** Without it the classes are the numbers 0 to the greatest label. */
  readonly classes: readonly string[] | undefined;
  /** Classes of the head that is trained on it. */
  readonly headNumClasses?: number | undefined;
  readonly onLabel?: ((label: number) => void) | undefined;
  readonly labelsBeyond: LabelsBeyond;
  readonly log: Log;
  /** Gets every problem, whose sample is then left out; without it the first problem is thrown. */
  readonly onProblem?: ProblemListener | undefined;
}

export type ProblemListener = (problem: PetageError) => void;

/** A dataset whose images and labels stand in a file. Every label and file is checked here, before any is read. */
export async function readAnnotated(files: DataFiles, options: AnnotatedOptions): Promise<Dataset> {
  const { annotationFile, folder, headNumClasses, onProblem = fail, labelsBeyond: rule, log } = options;
  const text = await needed("the annotation file", "Check data_root and ann_file", files.readText(annotationFile));
  const annotation = readAnnotation(text, options);
  if (annotation.entries.length === 0)
    fail(new PetageError("DATASET_INVALID", `The annotation file ${annotationFile} names no image`));
  const named = options.classes ?? annotation.classes;
  const numClasses = Math.min(named?.length ?? Infinity, headNumClasses ?? Infinity);
  const read = annotation.entries.flatMap((entry) => attempt(entry, onProblem));
  for (const { label } of read) if (label !== null) options.onLabel?.(label);
  const lines = applyRule(read, { rule, numClasses, source: annotationFile, log });
  const classes = classNamesBy(named ?? numberedClasses(lines), rule, numClasses);
  const labelled = lines.flatMap((line) => attempt(() => checkLabel(line, classes.length, headNumClasses), onProblem));
  const present = await presentLines(files, { folder, lines: labelled }, onProblem);
  return { classes, samples: present.map(({ line, path }) => ({ id: line.path, path, label: line.label })) };
}

/** Entry by entry, JSON by the ending of its file. */
function readAnnotation(text: string, { annotationFile, withLabel }: AnnotatedOptions): JsonAnnotation {
  if (posix.extname(annotationFile).toLowerCase() === ".json")
    return readJsonAnnotation(text, annotationFile, withLabel);
  const parse = withLabel ? parseLabelled : parseUnlabelled;
  return { classes: undefined, entries: splitLines(text, annotationFile).map((line) => () => parse(line)) };
}

function fail(problem: PetageError): never {
  throw problem;
}

function attempt<T>(make: () => T, onProblem: ProblemListener): T[] {
  try {
    return [make()];
  } catch (error) {
    onProblem(PetageError.from(error));
    return [];
  }
}

/** Classes that have no names but their numbers. */
const MAX_NUMBERED_CLASSES = 1_000_000;

function numberedClasses(lines: readonly AnnotationLine[]): string[] {
  const far = lines.find(({ label }) => (label ?? 0) >= MAX_NUMBERED_CLASSES);
  if (far) {
    const message = `The label ${far.label} asks for more classes than ${MAX_NUMBERED_CLASSES}`;
    const hint = "Correct the label, or name the classes";
    throw new PetageError("DATASET_LABEL_OUT_OF_RANGE", message, { position: far.position, hint });
  }
  const greatest = lines.reduce((most, { label }) => Math.max(most, label ?? -1), -1);
  return Array.from({ length: greatest + 1 }, (_, label) => String(label));
}
