import { z } from "zod";
import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import type { AnnotationLine } from "./annotation.ts";

/** OpenMMLab 2.0's annotation file, as far as classification goes. */
const file = z.looseObject({
  metainfo: z.looseObject({ classes: z.array(z.string()).optional() }).optional(),
  data_list: z.array(z.unknown()),
});

const entry = z.looseObject({ img_path: z.string().min(1), gt_label: z.unknown().optional() });

export interface JsonAnnotation {
  readonly classes: readonly string[] | undefined;
  /** One for each entry of `data_list`: reads it, or throws DATASET_INVALID. */
  readonly entries: readonly (() => AnnotationLine)[];
}

const HINT = 'Write {"metainfo": {"classes": [...]}, "data_list": [{"img_path": "a.jpg", "gt_label": 17}, ...]}';

/** The entries of a JSON annotation. @param name of the file, for messages. @throws PetageError DATASET_INVALID */
export function readJsonAnnotation(text: string, name: string, withLabel: boolean): JsonAnnotation {
  const { success, data, error } = file.safeParse(parse(text, name));
  if (!success) {
    const [issue] = error.issues;
    const where = issue?.path.join(".") || "its whole";
    throw invalid(`Cannot read the annotation file: ${where}: ${issue?.message}`, { file: name, line: 1, column: 1 });
  }
  const placeOf = placesIn(text, name);
  const entries = data.data_list.map((one, index) => () => lineOf(one, { index, withLabel, placeOf }));
  return { classes: data.metainfo?.classes, entries };
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(`Cannot read the annotation file: ${why}`, { file: name, line: 1, column: 1 });
  }
}

interface EntryOptions {
  readonly index: number;
  readonly withLabel: boolean;
  placeOf(path: string): SourcePosition;
}

function lineOf(value: unknown, { index, withLabel, placeOf }: EntryOptions): AnnotationLine {
  const { success, data } = entry.safeParse(value);
  if (!success) throw invalid(`Entry ${index} of data_list names no image by \`img_path\``, placeOf(""));
  const { img_path: path, gt_label: label } = data;
  const position = placeOf(path);
  if (!withLabel) return { path, label: null, position };
  const labels = Array.isArray(label) ? label : [label];
  if (labels.length > 1) {
    throw new PetageError("DATASET_INVALID", `The image "${path}" has ${labels.length} labels`, {
      position,
      hint: "Give each photo one age: models with several labels a photo cannot be trained",
    });
  }
  const [only] = labels as unknown[];
  if (typeof only === "number" && Number.isInteger(only)) return { path, label: only, position };
  throw invalid(`The gt_label of "${path}" is ${JSON.stringify(only) ?? "missing"}, expected a whole number`, position);
}

/** Finds the line of one entry after the other. */
function placesIn(text: string, name: string): (path: string) => SourcePosition {
  let [at, line] = [0, 1];
  return (path) => {
    const found = path === "" ? -1 : text.indexOf(JSON.stringify(path), at);
    for (; at < found; at++) if (text[at] === "\n") line++;
    return { file: name, line, column: 1 };
  };
}

function invalid(message: string, position: SourcePosition): PetageError {
  return new PetageError("DATASET_INVALID", message, { position, hint: HINT });
}
