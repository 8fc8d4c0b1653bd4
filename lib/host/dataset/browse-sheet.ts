import sharp from "sharp";
import { CELL_PX, type BrowseRow } from "./browse-row.ts";
import { ageOf, escapeMarkup } from "./browse-page.ts";

const CAPTION_PX = 20;
const GAP_PX = 8;
/** Letters of a cell's caption, which is as wide as the cell. */
const MAX_LETTERS = 28;

/** Rows of photos, each beside what was made of it, as one PNG. */
export async function drawSheet(rows: readonly BrowseRow[]): Promise<Buffer> {
  const columns = 1 + Math.max(0, ...rows.map(({ draws }) => draws.length));
  const [cellWidth, cellHeight] = [CELL_PX + GAP_PX, CELL_PX + CAPTION_PX + GAP_PX];
  const [width, height] = [columns * cellWidth + GAP_PX, rows.length * cellHeight + GAP_PX];
  const cells = rows.flatMap(({ info, original, draws }, row) =>
    [original, ...draws].map((content, column) => ({
      content,
      left: GAP_PX + column * cellWidth,
      top: GAP_PX + row * cellHeight,
      caption: column === 0 ? `${ageOf(info)}  ${info.id}` : `epoch ${column}`,
    })),
  );
  const texts = cells.flatMap(({ content, left, top, caption }) => [
    text(left, top + CELL_PX + 14, caption),
    ...(typeof content === "string" ? [text(left, top + 20, content)] : []),
  ]);
  const captions = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#333">${texts.join("")}</svg>`;
  const pictures = cells.flatMap(({ content, left, top }) =>
    typeof content === "string" ? [] : [{ input: content, left, top }],
  );
  return await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite([...pictures, { input: Buffer.from(captions) }])
    .png()
    .toBuffer();
}

function text(x: number, y: number, content: string): string {
  const letters = [...content];
  const shown = letters.length > MAX_LETTERS ? `${letters.slice(0, MAX_LETTERS - 1).join("")}…` : content;
  return `<text x="${x}" y="${y}">${escapeMarkup(shown)}</text>`;
}
