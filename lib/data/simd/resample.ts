import type { Box, Size } from "#lib/data/geometry.ts";
import { cubicTaps, halves, isSliver, linearTaps } from "#lib/data/resize/cv2.ts";
import { PILLOW_WEIGHT_BITS, pillowWindows } from "#lib/data/resize/pillow.ts";
import type { PillowInterpolation, Window } from "#lib/data/resize/pillow.ts";
import type { ResizeMethod } from "#lib/data/resize.ts";
import type { Axis, Taps } from "#lib/data/resize/taps.ts";
import type { Arena, PlacedPixels } from "./arena.ts";

/** Part of an image, resized: what `crop`, `resize`, `crop` and `flip` make of it one after the other. */
export interface Resampling {
  /** What is resized, of the image. */
  readonly box: Box;
  readonly size: Size;
  readonly method: ResizeMethod;
  /** What is wanted of the result. */
  readonly window: Box;
  readonly mirrored: Mirrored;
}

export interface Mirrored {
  readonly x: boolean;
  readonly y: boolean;
}

/** How to carry a resampling out in an arena. */
export interface ResamplePlan {
  /** What it needs of the image. */
  readonly needed: Box;
  /** Given the pixels of `needed`, the address of the result, whose rows follow each other. */
  run(arena: Arena, pixels: PlacedPixels): number;
}

const CHANNELS = 3;

/** `undefined` where there is no kernel for it. */
export function planResampling(resampling: Resampling): ResamplePlan | undefined {
  const { box, size, method } = resampling;
  if (box.width === size.width && box.height === size.height) return undefined;
  if (method.backend === "pillow") {
    return method.interpolation === "nearest" ? undefined : planPillow(resampling, method.interpolation);
  }
  if (method.interpolation === "bilinear") return halves(box, size) ? undefined : planTaps(resampling, LINEAR);
  return method.interpolation === "bicubic" && !isSliver(box) ? planTaps(resampling, CUBIC) : undefined;
}

/** The axes of what is resized, and which targets of each are wanted, in their order. */
function axesOf({ box, size, window, mirrored }: Resampling): { columns: WantedAxis; rows: WantedAxis } {
  return {
    columns: {
      source: box.width,
      target: size.width,
      wanted: targets(window.left, window.width, mirrored.x),
    },
    rows: { source: box.height, target: size.height, wanted: targets(window.top, window.height, mirrored.y) },
  };
}

interface WantedAxis extends Axis {
  readonly wanted: Int32Array;
}

function targets(first: number, count: number, isMirrored: boolean): Int32Array {
  const wanted = new Int32Array(count);
  for (let at = 0; at < count; at++) wanted[at] = first + (isMirrored ? count - 1 - at : at);
  return wanted;
}

/** A kernel that mixes as many neighbours for each target, and what it is told of them. */
interface TapKernel {
  readonly kernel: "resizeLinear" | "resizeCubic";
  /** Of one channel of one column, in the rows of sums that the kernel holds. */
  readonly sumBytes: number;
  tapsOf(axis: Axis, along: "columns" | "rows"): Taps;
}

const LINEAR: TapKernel = { kernel: "resizeLinear", sumBytes: 2, tapsOf: linearTaps };
const CUBIC: TapKernel = { kernel: "resizeCubic", sumBytes: 4, tapsOf: cubicTaps };

/** What kernels may write beyond a row of sums, and their notes of which rows they hold. */
const SPARE_BYTES = 64;

function planTaps(resampling: Resampling, { kernel, sumBytes, tapsOf }: TapKernel): ResamplePlan {
  const { columns, rows } = axesOf(resampling);
  const taps = { columns: tapsOf(columns, "columns"), rows: tapsOf(rows, "rows") };
  const [across, down] = [neededOf(columns, taps.columns), neededOf(rows, taps.rows)];
  return {
    needed: neededBox(resampling.box, across, down),
    run(arena, { address, stride }) {
      const [width, height] = [columns.wanted.length, rows.wanted.length];
      const columnTable = put(arena, tapTable(taps.columns, columns, { first: across.first, step: CHANNELS }));
      const rowTable = put(arena, tapTable(taps.rows, rows, { first: down.first, step: 1 }));
      const sums = arena.allocate(taps.rows.count * (width * CHANNELS * sumBytes + SPARE_BYTES) + SPARE_BYTES);
      const target = arena.allocate(width * height * CHANNELS);
      arena.kernels[kernel](address, stride, columnTable, width, rowTable, height, sums, target);
      return target;
    },
  };
}

/** From the first to the last source that the wanted targets take. */
interface Needed {
  readonly first: number;
  readonly count: number;
}

function neededOf({ wanted }: WantedAxis, { count, sources }: Taps): Needed {
  const [one, other] = [wanted[0]!, wanted.at(-1)!];
  const first = sources[Math.min(one, other) * count]!;
  return { first, count: sources[Math.max(one, other) * count + count - 1]! - first + 1 };
}

function neededBox(box: Box, across: Needed, down: Needed): Box {
  return { top: box.top + down.first, left: box.left + across.first, height: down.count, width: across.count };
}

/** The kernels' table of columns or rows; `step` turns a source into what the kernel adds to an address. */
function tapTable(
  { count, sources, weights }: Taps,
  { wanted }: WantedAxis,
  { first, step }: { readonly first: number; readonly step: number },
): Int32Array {
  const isLinear = count === 2;
  const entryLength = isLinear ? count + 1 : 2 * count;
  const table = new Int32Array(wanted.length * entryLength);
  const floats = new Float32Array(table.buffer);
  for (let at = 0, entry = 0; at < wanted.length; at++, entry += entryLength) {
    const start = wanted[at]! * count;
    for (let tap = 0; tap < count; tap++) {
      table[entry + tap] = (sources[start + tap]! - first) * step;
      if (!isLinear) floats[entry + count + tap] = weights[start + tap]!;
    }
    if (isLinear) table[entry + count] = weights[start]! | (weights[start + 1]! << 16);
  }
  return table;
}

function put(arena: Arena, table: Int32Array): number {
  const address = arena.allocate(table.byteLength);
  arena.bytes(address, table.byteLength).set(new Uint8Array(table.buffer));
  return address;
}

function planPillow(resampling: Resampling, interpolation: Exclude<PillowInterpolation, "nearest">): ResamplePlan {
  const { columns, rows } = axesOf(resampling);
  const [columnWindows, rowWindows] = [wantedWindows(columns, interpolation), wantedWindows(rows, interpolation)];
  const [across, down] = [spanOf(columnWindows), spanOf(rowWindows)];
  return {
    needed: neededBox(resampling.box, across, down),
    run(arena, { address, stride }) {
      const rowLength = columnWindows.length * CHANNELS;
      const columnTable = putSpans(arena, columnWindows, { first: across.first, step: CHANNELS });
      const rowTable = putSpans(arena, rowWindows, { first: down.first, step: 1 });
      const narrowed = arena.allocate(down.count * rowLength);
      const target = arena.allocate(rowWindows.length * rowLength);
      arena.kernels.filterColumns(address, stride, down.count, columnTable, columnWindows.length, narrowed);
      arena.kernels.filterRows(narrowed, rowLength, rowTable, rowWindows.length, rowLength, target);
      return target;
    },
  };
}

/** What mixes into each wanted target. Pillow leaves an axis alone whose length stays. */
function wantedWindows(axis: WantedAxis, interpolation: Exclude<PillowInterpolation, "nearest">): readonly Window[] {
  const { source, target, wanted } = axis;
  if (source === target) return Array.from(wanted, (first) => ({ first, weights: ALONE }));
  const windows = pillowWindows(axis, interpolation);
  return Array.from(wanted, (at) => windows[at]!);
}

const ALONE = Int32Array.of(1 << PILLOW_WEIGHT_BITS);

function spanOf(windows: readonly Window[]): Needed {
  let [first, end] = [Infinity, 0];
  for (const window of windows) {
    first = Math.min(first, window.first);
    end = Math.max(end, window.first + window.weights.length);
  }
  return { first, count: end - first };
}

/** The kernels' table of spans, and the address at which it lies. */
function putSpans(
  arena: Arena,
  windows: readonly Window[],
  { first, step }: { readonly first: number; readonly step: number },
): number {
  const weights = new Int32Array(windows.reduce((sum, window) => sum + window.weights.length, 0));
  const weightsAt = arena.allocate(weights.byteLength);
  const table = new Int32Array(windows.length * 3);
  let at = 0;
  windows.forEach((window, index) => {
    table.set([(window.first - first) * step, window.weights.length, weightsAt + at * 4], index * 3);
    weights.set(window.weights, at);
    at += window.weights.length;
  });
  arena.bytes(weightsAt, weights.byteLength).set(new Uint8Array(weights.buffer));
  return put(arena, table);
}
