const NUMBER = /^[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?$|^NaN$/i;

/**
 * Rows as aligned columns. A column stands to the right when all of its cells are numbers, besides the header: a first
 * cell that is none.
 */
export function table(rows: readonly (readonly string[])[]): string {
  const columnCount = Math.max(0, ...rows.map((row) => row.length));
  const columns = Array.from({ length: columnCount }, (_, column) => rows.map((row) => row[column] ?? ""));
  const aligned = columns.map(alignColumn);
  return rows
    .map((_, line) =>
      aligned
        .map((column) => column[line])
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function alignColumn(cells: readonly string[]): string[] {
  const width = Math.max(...cells.map((cell) => cell.length));
  const body = cells.length > 1 ? cells.slice(1) : cells;
  const isNumeric = body.every((cell) => NUMBER.test(cell));
  return cells.map((cell) => (isNumeric ? cell.padStart(width) : cell.padEnd(width)));
}

/** `3 years 4 months`. */
export function formatAge(months: number): string {
  const whole = Math.round(months);
  const [years, rest] = [Math.floor(whole / 12), whole % 12];
  const part = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
  if (years === 0) return part(rest, "month");
  return rest === 0 ? part(years, "year") : `${part(years, "year")} ${part(rest, "month")}`;
}
