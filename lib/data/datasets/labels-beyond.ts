import type { Log } from "#lib/base/log.ts";

/** What to do with labels past the last class: pets older than the head can tell. */
export const LABELS_BEYOND = ["reject", "leave-out", "clip", "tail-bin"] as const;
export type LabelsBeyond = (typeof LABELS_BEYOND)[number];

/** A sample with its label, whatever else is known of it. */
interface Labelled {
  readonly path: string;
  readonly label: number | null;
}

const WHAT_IS_DONE = {
  "leave-out": "are left out",
  clip: "count as the last class",
  "tail-bin": "count as the last class, which is that age and all above it",
};

export interface BeyondOptions {
  /** How many classes there are for labels, those of the dataset and of the head. */
  readonly numClasses: number;
  readonly rule: LabelsBeyond;
  /** The annotation file or folder, for the log. */
  readonly source: string;
  readonly log: Log;
}

/** The samples by the rule; `reject` leaves them to whoever checks labels. Says in one line how many were concerned. */
export function applyRule<Line extends Labelled>(lines: readonly Line[], options: BeyondOptions): readonly Line[] {
  const { rule, numClasses, source, log } = options;
  if (rule === "reject") return lines;
  const beyond = lines.filter(({ label }) => label !== null && label >= numClasses);
  const [first] = beyond;
  if (!first) return lines;
  log.warn(`labels past the last class ${WHAT_IS_DONE[rule]}`, {
    source,
    lastClass: numClasses - 1,
    photos: beyond.length,
    greatest: beyond.reduce((most, { label }) => Math.max(most, label ?? 0), 0),
    first: first.path,
  });
  if (rule === "leave-out") return lines.filter(({ label }) => label === null || label < numClasses);
  return lines.map((line) => ((line.label ?? 0) >= numClasses ? { ...line, label: numClasses - 1 } : line));
}

/** The names of the classes by the rule: `191+` where the last one is a bin. */
export function classNamesBy(classes: readonly string[], rule: LabelsBeyond, numClasses: number): readonly string[] {
  if (rule !== "tail-bin") return classes;
  return classes.map((name, position) => (position === Math.min(numClasses, classes.length) - 1 ? `${name}+` : name));
}
