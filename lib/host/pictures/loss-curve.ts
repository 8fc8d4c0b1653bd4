import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { writeNamed } from "#lib/system/naming.ts";
import { HEIGHT_PX, MARGIN_PX, WIDTH_PX, chart, curve, label } from "./chart.ts";
import type { Point } from "./chart.ts";

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
  const lastX = losses.at(-1)?.x ?? 1;
  const right = WIDTH_PX - MARGIN_PX;
  const bottom = HEIGHT_PX - MARGIN_PX;
  const lossRange = rangeOf(losses);
  const errorRange = { low: 0, high: rangeOf(errors.points).high };
  return chart([
    curve(losses, { lastX, ...lossRange }, "#3b6fb6"),
    errors.points.length > 0 ? curve(errors.points, { lastX, ...errorRange }, "#c8553d") : "",
    label(MARGIN_PX, MARGIN_PX - 16, "training loss", 'style="fill:#3b6fb6"'),
    label(
      right,
      MARGIN_PX - 16,
      errors.name ? `${errors.name} (months)` : "",
      'text-anchor="end" style="fill:#c8553d"',
    ),
    label(MARGIN_PX - 8, MARGIN_PX + 5, lossRange.high.toFixed(2), 'text-anchor="end"'),
    label(MARGIN_PX - 8, bottom, lossRange.low.toFixed(2), 'text-anchor="end"'),
    errors.name ? label(right + 8, MARGIN_PX + 5, errorRange.high.toFixed(1)) + label(right + 8, bottom, "0") : "",
    label(WIDTH_PX / 2, HEIGHT_PX - 20, `step (${lastX} in all)`, 'text-anchor="middle"'),
  ]);
}

function rangeOf(points: readonly Point[]): { low: number; high: number } {
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  return { low: Math.min(...values), high: Math.max(...values) };
}
