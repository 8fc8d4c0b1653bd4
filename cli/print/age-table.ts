import { table } from "./table.ts";

/** The labels of a split, in months. */
export interface SplitLabels {
  readonly name: string;
  readonly labels: readonly number[];
}

const BAR_WIDTH = 40;
/** Eighths of a character cell. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const MAX_ROWS = 24;
const MONTHS_OF_A_ROW = [1, 3, 6, 12, 24, 60, 120];

interface AgeTableOptions {
  /** The first label past the last class; without it, or where there are none past it, all are in rows of equal width. */
  readonly numClasses?: number | undefined;
}

/**
 * How many photos there are of each age, split by split, with a bar for all of them. Whatever is there has a bar, however
 * few it is; labels past the last class are a row of their own. Empty without labels.
 */
export function ageTable(splits: readonly SplitLabels[], { numClasses = Infinity }: AgeTableOptions = {}): string {
  const all = splits.flatMap(({ labels }) => labels);
  if (all.length === 0) return "";
  const rows = rowsOf(all, numClasses).map(({ name, has }) => {
    const counts = splits.map(({ labels }) => labels.filter(has).length);
    return { name, counts, total: counts.reduce((sum, count) => sum + count, 0) };
  });
  const most = rows.reduce((max, { total }) => Math.max(max, total), 1);
  const cells = rows.map(({ name, counts, total }) => [name, ...counts.map(String), bar(total / most)]);
  return `\n${table([["months", ...splits.map(({ name }) => name), ""], ...cells])}\n`;
}

interface Row {
  readonly name: string;
  has(label: number): boolean;
}

function rowsOf(labels: readonly number[], numClasses: number): Row[] {
  const greatest = labels.reduce((most, label) => Math.max(most, label), 0);
  const last = Math.min(greatest, numClasses - 1);
  const width = MONTHS_OF_A_ROW.find((months) => (last + 1) / months <= MAX_ROWS) ?? Math.ceil((last + 1) / MAX_ROWS);
  const rows = Array.from({ length: Math.floor(last / width) + 1 }, (_, index): Row => {
    const [from, to] = [index * width, Math.min(index * width + width, numClasses) - 1];
    return { name: from === to ? `${from}` : `${from} to ${to}`, has: (label) => label >= from && label <= to };
  });
  if (labels.some((label) => label < 0)) rows.unshift({ name: "below 0", has: (label) => label < 0 });
  if (greatest >= numClasses) {
    const span = greatest === numClasses ? `${numClasses}` : `${numClasses} to ${greatest}`;
    rows.push({ name: `${span}, past the last class`, has: (label) => label >= numClasses });
  }
  return rows;
}

/** @param share 0 to 1; only 0 has no bar */
function bar(share: number): string {
  const eighths = Math.max(share > 0 ? 1 : 0, Math.round(share * BAR_WIDTH * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}
