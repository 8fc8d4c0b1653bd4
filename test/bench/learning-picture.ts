import { HEIGHT_PX, MARGIN_PX, WIDTH_PX, chart, curve, label, place } from "#lib/host/pictures/chart.ts";
import type { Extent } from "#lib/host/pictures/chart.ts";

const COLOURS = ["#3b6fb6", "#3d9a5f", "#c8553d"];
const LINE_PX = 20;

/** Errors by side, seed and epoch: a curve of each side's mean over the seeds, and the range of the seeds behind it. */
export function drawLearning(sides: Readonly<Record<string, readonly (readonly number[])[]>>): string {
  const errors = Object.values(sides).flat();
  const lastX = Math.max(...errors.map((seed) => seed.length));
  const extent = { lastX, low: 0, high: Math.ceil(Math.max(...errors.flat())) };
  const bottom = HEIGHT_PX - MARGIN_PX;
  return chart([
    ...Object.entries(sides).map(([name, seeds], index) => drawSide(name, seeds, { extent, index })),
    label(MARGIN_PX, MARGIN_PX - 16, "mean absolute error on the validation photos (months)"),
    label(MARGIN_PX - 8, MARGIN_PX + 5, String(extent.high), 'text-anchor="end"'),
    label(MARGIN_PX - 8, bottom, "0", 'text-anchor="end"'),
    label(WIDTH_PX / 2, HEIGHT_PX - 20, `epoch (${lastX} in all)`, 'text-anchor="middle"'),
  ]);
}

function drawSide(
  name: string,
  seeds: readonly (readonly number[])[],
  { extent, index }: { readonly extent: Extent; readonly index: number },
): string {
  const colour = COLOURS[index % COLOURS.length] ?? "";
  const epochs = (seeds[0] ?? []).map((_, epoch) => seeds.map((errors) => errors[epoch] ?? NaN));
  const points = (ofEpoch: (errors: readonly number[]) => number): { x: number; y: number }[] =>
    epochs.map((errors, epoch) => ({ x: epoch + 1, y: ofEpoch(errors) }));
  const mean = points((errors) => errors.reduce((sum, value) => sum + value, 0) / errors.length);
  const outline = [...points((errors) => Math.max(...errors)), ...points((errors) => Math.min(...errors)).toReversed()];
  const last = mean.at(-1)?.y.toFixed(1);
  const y = MARGIN_PX + (index + 1) * LINE_PX;
  return [
    `<path d="M${outline.map((point) => place(point, extent)).join("L")}Z" fill="${colour}" fill-opacity="0.15"/>`,
    curve(mean, extent, colour),
    label(WIDTH_PX - MARGIN_PX - 16, y, `${name}: ${last} in the end`, `text-anchor="end" style="fill:${colour}"`),
  ].join("\n");
}
