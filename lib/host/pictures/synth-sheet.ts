import sharp from "sharp";
import { randomStream } from "#lib/base/random.ts";
import { drawPet, PICTURE_UNITS } from "#lib/data/synth/draw.ts";

const AGES = [1, 3, 6, 9, 12, 18, 24, 30, 36, 48, 60, 72, 84, 96, 108, 120, 132, 144, 156, 168, 176, 182, 187, 191];
const COLUMNS = 8;
const CAPTION_PX = 22;
const GAP_PX = 6;
/** Away from the streams of the dataset's own pets. */
const SHEET_STREAM = 2;

/** A contact sheet of pets by age, each with its age below, as PNG. */
export async function drawSheet(seed: number): Promise<Buffer> {
  const cellHeight = PICTURE_UNITS + CAPTION_PX + GAP_PX;
  const cellWidth = PICTURE_UNITS + GAP_PX;
  const cells = AGES.map((age, index) => ({
    age,
    svg: drawPet(age, randomStream(seed, age, SHEET_STREAM)),
    left: GAP_PX + (index % COLUMNS) * cellWidth,
    top: GAP_PX + Math.floor(index / COLUMNS) * cellHeight,
  }));
  const width = COLUMNS * cellWidth + GAP_PX;
  const height = Math.ceil(AGES.length / COLUMNS) * cellHeight + GAP_PX;
  const captions = cells.map(
    ({ age, left, top }) =>
      `<text x="${left + PICTURE_UNITS / 2}" y="${top + PICTURE_UNITS + 16}" text-anchor="middle">${caption(age)}</text>`,
  );
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="14" fill="#4a4048">${captions.join("")}</svg>`;
  return sharp({ create: { width, height, channels: 3, background: "#fffaf3" } })
    .composite([
      ...cells.map(({ svg, left, top }) => ({ input: Buffer.from(svg), left, top })),
      { input: Buffer.from(text) },
    ])
    .png()
    .toBuffer();
}

function caption(months: number): string {
  const [years, rest] = [Math.floor(months / 12), months % 12];
  return [years > 0 ? `${years} y` : "", rest > 0 ? `${rest} m` : ""].join(" ").trim();
}
