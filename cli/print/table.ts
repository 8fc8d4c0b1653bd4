const NUMBER = /^[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?$|^NaN$/i;

type Rows = readonly (readonly string[])[];

/**
 * Rows as aligned columns. A column stands to the right when all of its cells are numbers or empty, besides the header: a
 * first cell that is none.
 */
export function table(rows: Rows): string {
  return linesOf(rows, { gap: "  ", isToTheRight: isNumeric }).join("\n");
}

/** Rows in columns, as kubectl sets them: to the left, three blanks between. */
export function columns(rows: Rows): string {
  return linesOf(rows, { gap: "   ", isToTheRight: () => false })
    .map((line) => `${line}\n`)
    .join("");
}

interface Layout {
  readonly gap: string;
  isToTheRight(cells: readonly string[]): boolean;
}

function linesOf(rows: Rows, { gap, isToTheRight }: Layout): string[] {
  const columnCount = Math.max(0, ...rows.map((row) => row.length));
  const aligned = Array.from({ length: columnCount }, (_, column) => {
    const cells = rows.map((row) => row[column] ?? "");
    const width = Math.max(...cells.map((cell) => cell.length));
    const toTheRight = isToTheRight(cells);
    return cells.map((cell) => (toTheRight ? cell.padStart(width) : cell.padEnd(width)));
  });
  return rows.map((_, line) =>
    aligned
      .map((column) => column[line])
      .join(gap)
      .trimEnd(),
  );
}

function isNumeric(cells: readonly string[]): boolean {
  const body = cells.length > 1 ? cells.slice(1) : cells;
  return body.every((cell) => cell === "" || NUMBER.test(cell)) && body.some((cell) => cell !== "");
}

/** `3 years 4 months`. */
export function formatAge(months: number): string {
  const whole = Math.round(months);
  const [years, rest] = [Math.floor(whole / 12), whole % 12];
  const part = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
  if (years === 0) return part(rest, "month");
  return rest === 0 ? part(years, "year") : `${part(years, "year")} ${part(rest, "month")}`;
}
