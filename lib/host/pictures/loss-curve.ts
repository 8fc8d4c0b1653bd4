import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { writeNamed } from "#lib/system/naming.ts";

const WIDTH_PX = 960;
const HEIGHT_PX = 480;
const MARGIN_PX = 56;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Draws `loss_curve.png` of a run from its `scalars.json`: the training loss, and the validation error over it. */
export async function drawLossCurve(runDir: string): Promise<string | undefined> {
  const text = await readFile(join(runDir, "scalars.json"), "utf8").catch(() => "");
  const records = text.split("\n").flatMap(recordOf);
  const losses = records.flatMap(({ loss, step }) =>
    loss === undefined || step === undefined ? [] : [{ x: step, y: loss }],
  );
  if (losses.length === 0) return undefined;
  const lastStep = losses.at(-1)?.x ?? 1;
  const errors = validationErrors(records, lastStep);
  const path = join(runDir, "loss_curve.png");
  const picture = sharp(Buffer.from(svg(losses, errors))).png();
  await writeNamed(path, await picture.toBuffer());
  return path;
}

/** Nothing of a line that is cut short, as where the disk was full. */
function recordOf(line: string): readonly Readonly<Record<string, number>>[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Record<string, number>];
  } catch {
    return [];
  }
}

/** The first validation metric, by step: records of validations count epochs, which share the run evenly. */
function validationErrors(
  records: readonly Record<string, number>[],
  lastStep: number,
): { name: string; points: Point[] } {
  const validations = records.filter((record) => record["loss"] === undefined);
  const name = Object.keys(validations[0] ?? {}).find((key) => key.includes("/mae_median")) ?? "";
  const lastEpoch = validations.at(-1)?.["step"] ?? 1;
  const points = validations.flatMap((record) => {
    const y = record[name];
    return y === undefined ? [] : [{ x: ((record["step"] ?? 0) / lastEpoch) * lastStep, y }];
  });
  return { name, points };
}

function svg(losses: readonly Point[], errors: { readonly name: string; readonly points: readonly Point[] }): string {
  const lastStep = losses.at(-1)?.x ?? 1;
  const right = WIDTH_PX - MARGIN_PX;
  const bottom = HEIGHT_PX - MARGIN_PX;
  const text = (x: number, y: number, content: string, style = ""): string =>
    `<text x="${x}" y="${y}" font-family="sans-serif" font-size="14" fill="#444" ${style}>${content}</text>`;
  const lossRange = rangeOf(losses);
  const errorRange = { low: 0, high: rangeOf(errors.points).high };
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_PX}" height="${HEIGHT_PX}">
<rect width="100%" height="100%" fill="white"/>
<path d="M${MARGIN_PX} ${MARGIN_PX}V${bottom}H${right}V${MARGIN_PX}" stroke="#bbb" fill="none"/>
${curve(losses, { lastStep, ...lossRange }, "#3b6fb6")}
${errors.points.length > 0 ? curve(errors.points, { lastStep, ...errorRange }, "#c8553d") : ""}
${text(MARGIN_PX, MARGIN_PX - 16, "training loss", 'style="fill:#3b6fb6"')}
${text(right, MARGIN_PX - 16, errors.name ? `${errors.name} (months)` : "", 'text-anchor="end" style="fill:#c8553d"')}
${text(MARGIN_PX - 8, MARGIN_PX + 5, lossRange.high.toFixed(2), 'text-anchor="end"')}
${text(MARGIN_PX - 8, bottom, lossRange.low.toFixed(2), 'text-anchor="end"')}
${errors.name ? text(right + 8, MARGIN_PX + 5, errorRange.high.toFixed(1)) + text(right + 8, bottom, "0") : ""}
${text(WIDTH_PX / 2, HEIGHT_PX - 20, `step (${lastStep} in all)`, 'text-anchor="middle"')}
</svg>`;
}

function rangeOf(points: readonly Point[]): { low: number; high: number } {
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  return { low: Math.min(...values), high: Math.max(...values) };
}

function curve(
  points: readonly Point[],
  { lastStep, low, high }: { readonly lastStep: number; readonly low: number; readonly high: number },
  colour: string,
): string {
  const across = (x: number): number => MARGIN_PX + (x / lastStep) * (WIDTH_PX - 2 * MARGIN_PX);
  const up = (y: number): number =>
    HEIGHT_PX - MARGIN_PX - ((y - low) / (high - low || 1)) * (HEIGHT_PX - 2 * MARGIN_PX);
  const path = points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${across(x).toFixed(1)} ${up(y).toFixed(1)}`);
  const dot = points.length === 1 ? "h0" : ""; // a line of no length is drawn as the round of its ends
  return `<path d="${path.join("")}${dot}" stroke="${colour}" stroke-width="${dot ? 8 : 2}" stroke-linecap="round" fill="none"/>`;
}
