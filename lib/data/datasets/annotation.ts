import { PetageError, type SourcePosition } from "#lib/base/errors.ts";

/** One line of an annotation file. */
export interface AnnotationLine {
  readonly path: string;
  readonly label: number | null;
  readonly position: SourcePosition;
}

/** A line of text and where it stands. */
export interface PlacedLine {
  readonly text: string;
  readonly position: SourcePosition;
}

/** The lines that are not blank. @param file the name that messages show. */
export function splitLines(text: string, file: string): PlacedLine[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ text: line.trim(), position: { file, line: index + 1, column: 1 } }))
    .filter((line) => line.text !== "");
}

/** A line without a label: the path is all of it, or what stands before a tab. */
export function parseUnlabelled({ text, position }: PlacedLine): AnnotationLine {
  return { path: (text.split("\t")[0] ?? "").trim(), label: null, position };
}

/** `PATH<TAB>LABEL`, or `PATH LABEL` split at the last space, so that paths may hold spaces. */
export function parseLabelled({ text, position }: PlacedLine): AnnotationLine {
  const tab = text.lastIndexOf("\t");
  const split = tab >= 0 ? tab : text.lastIndexOf(" ");
  const path = text.slice(0, Math.max(split, 0)).trim();
  const label = text.slice(split + 1).trim();
  if (path !== "" && /^[+-]?\d+$/.test(label)) return { path, label: Number(label), position };
  const found = path === "" ? "there is no label" : `the label is "${label}"`;
  throw new PetageError("DATASET_INVALID", `Cannot read the annotation "${text}": ${found}`, {
    position,
    hint: "Write one image per line as PATH<TAB>LABEL, where LABEL is a whole number; for images without labels set with_label=False",
  });
}
