import { PetageError, type SourcePosition } from "#lib/base/errors.ts";

/** One line of an annotation file. */
export interface AnnotationLine {
  readonly path: string;
  readonly label: number | null;
  readonly position: SourcePosition;
}

/** @param file the name that messages show. Blank lines count but say nothing. */
export function parseAnnotations(text: string, file: string, withLabel: boolean): AnnotationLine[] {
  const lines: AnnotationLine[] = [];
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .forEach((line, index) => {
      if (line.trim() === "") return;
      const position = { file, line: index + 1, column: 1 };
      lines.push(withLabel ? parseLabelled(line, position) : { path: nameOnly(line), label: null, position });
    });
  return lines;
}

function nameOnly(line: string): string {
  return (line.split("\t")[0] ?? "").trim();
}

/** `PATH<TAB>LABEL`, or `PATH LABEL` split at the last space, so that paths may hold spaces. */
function parseLabelled(line: string, position: SourcePosition): AnnotationLine {
  const trimmed = line.trim();
  const tab = trimmed.lastIndexOf("\t");
  const split = tab >= 0 ? tab : trimmed.lastIndexOf(" ");
  const path = trimmed.slice(0, Math.max(split, 0)).trim();
  const label = trimmed.slice(split + 1);
  if (path !== "" && /^[+-]?\d+$/.test(label)) return { path, label: Number(label), position };
  const found = path === "" ? "there is no label" : `the label is "${label}"`;
  throw new PetageError("DATASET_INVALID", `Cannot read the annotation "${trimmed}": ${found}`, {
    position,
    hint: "Write one image per line as PATH<TAB>LABEL, where LABEL is a whole number; for images without labels set with_label=False",
  });
}
