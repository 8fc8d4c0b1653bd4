// Draws docs/images/predictions.png from the results of `npm run quickstart`: photos of the test split by age, each with
// what the model says of it.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import sharp from "sharp";

const RESULTS = "work_dirs/quickstart/result.csv";
const PHOTOS = "data/petimage/test";
const PICTURE = "docs/images/predictions.png";
const COLUMNS = 6;
const ROWS = 2;
const CELL_PX = 136;
const CAPTION_PX = 36;
const GAP_PX = 6;

interface Row {
  readonly name: string;
  readonly months: number;
  readonly label: number;
}

/** Columns: name, months, mean, mode, low, high, label. The names of drawn photos hold no comma. */
function readRows(): Row[] {
  const lines = readFileSync(RESULTS, "utf8").trimEnd().split("\n").slice(1);
  return lines.map((line) => {
    const [name = "", months, , , , , label] = line.split(",");
    return { name, months: Number(months), label: Number(label) };
  });
}

/** As many as the picture holds, evenly spread over the ages; not chosen by how good the answer is. */
function spread(rows: readonly Row[]): Row[] {
  const byAge = rows.toSorted((a, b) => a.label - b.label || a.name.localeCompare(b.name));
  const count = COLUMNS * ROWS;
  return Array.from(
    { length: count },
    (_, index) => byAge[Math.round((index * (byAge.length - 1)) / (count - 1))],
  ).filter((row) => row !== undefined);
}

function caption({ months, label }: Row, left: number, top: number): string {
  const middle = left + CELL_PX / 2;
  return (
    `<text x="${middle}" y="${top + CELL_PX + 15}" text-anchor="middle" font-weight="bold">${months} months</text>` +
    `<text x="${middle}" y="${top + CELL_PX + 30}" text-anchor="middle" fill="#8a7f88">in truth ${label}</text>`
  );
}

const cells = spread(readRows()).map((row, index) => ({
  row,
  left: GAP_PX + (index % COLUMNS) * (CELL_PX + GAP_PX),
  top: GAP_PX + Math.floor(index / COLUMNS) * (CELL_PX + CAPTION_PX + GAP_PX),
}));
const width = COLUMNS * (CELL_PX + GAP_PX) + GAP_PX;
const height = ROWS * (CELL_PX + CAPTION_PX + GAP_PX) + GAP_PX;
const captions = cells.map(({ row, left, top }) => caption(row, left, top)).join("");
const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="13" fill="#4a4048">${captions}</svg>`;
const photos = cells.map(async ({ row, left, top }) => ({
  input: await sharp(`${PHOTOS}/${row.name}`).resize(CELL_PX, CELL_PX).png().toBuffer(),
  left,
  top,
}));
mkdirSync(dirname(PICTURE), { recursive: true });
const { size } = await sharp({ create: { width, height, channels: 3, background: "#fffaf3" } })
  .composite([...(await Promise.all(photos)), { input: Buffer.from(text), left: 0, top: 0 }])
  .png({ palette: true, colours: 96, effort: 10 })
  .toFile(PICTURE);
console.log(`${PICTURE}: ${Math.round(size / 1024)} KB`);
