import { defined } from "#lib/base/assert.ts";
import type { Precision } from "#lib/engine/op.ts";
import { typeOfPrimitive } from "./layer-types.ts";
import type { LayerType } from "./layer-types.ts";

/** What the process that runs the steps says between oneDNN's lines, when a part is over. */
export type Part = "gradients" | "update" | "warm-up" | Precision;

/** The fastest of some steps: what else the machine does slows the others down. */
export interface MeasuredStep {
  /** How many there were. */
  readonly steps: number;
  readonly gradientsMs: number;
  readonly updateMs: number;
  /** What oneDNN timed of the gradients. */
  readonly byType: ReadonlyMap<LayerType, Measured>;
  readonly precision: Precision;
  /** How fast this machine convolves in each precision at best, in 10^9 operations a second. */
  readonly rates: Readonly<Record<Precision, number>>;
}

export interface Measured {
  readonly count: number;
  readonly ms: number;
}

interface Step {
  readonly ms: number;
  readonly updateMs: number;
  readonly primitives: readonly Primitive[];
}

interface Primitive {
  readonly type: LayerType;
  readonly ms: number;
  readonly isBfloat16: boolean;
}

/**
 * A line of oneDNN's verbose mode (`ONEDNN_VERBOSE=1`), version 1:
 * `onednn_verbose,v1,primitive,exec,cpu,KIND,implementation,DIRECTION,memory,attributes,auxiliary,problem,MS`
 */
const PRIMITIVE = /^onednn_verbose,v1,primitive,exec,[^,]*,([^,]*),[^,]*,([^,]*),([^,]*),.*,([\d.e+-]+)$/;
const MARKER = /^petage_profile,([^,]+),(.+)$/;

/** The line that ends a part. @param value how many milliseconds it took, or how fast it was */
export function marker(part: Part, value: number): string {
  return `petage_profile,${part},${value}`;
}

/** Reads what a process wrote that ran steps: oneDNN's lines, and markers between them. */
export function measuredStep(lines: Iterable<string>): MeasuredStep {
  const rates = { float32: 0, bfloat16: 0 };
  const steps: Step[] = [];
  let since: Primitive[] = [];
  let gradients = { ms: NaN, primitives: since };
  for (const line of lines) {
    const primitive = primitiveOf(line);
    if (primitive) since.push(primitive);
    const [, part, text] = MARKER.exec(line) ?? [];
    if (part === undefined) continue;
    const value = Number(text);
    if (part === "gradients") gradients = { ms: value, primitives: since };
    else if (part === "update") steps.push({ ...gradients, updateMs: value });
    else if (part === "warm-up") steps.length = 0;
    else rates[part as Precision] = Math.max(rates[part as Precision], value);
    since = [];
  }
  const [fastest] = steps.toSorted((one, other) => one.ms + one.updateMs - other.ms - other.updateMs);
  const { ms: gradientsMs, updateMs, primitives } = defined(fastest, "a step");
  const precision = primitives.some(({ isBfloat16 }) => isBfloat16) ? "bfloat16" : "float32";
  return { steps: steps.length, gradientsMs, updateMs, byType: byType(primitives), precision, rates };
}

function primitiveOf(line: string): Primitive | undefined {
  const [, kind, direction = "", memory = "", ms] = PRIMITIVE.exec(line) ?? [];
  if (kind === undefined) return undefined;
  const isBfloat16 = kind === "convolution" && memory.startsWith("src:bf16");
  return { type: typeOfPrimitive(kind, direction), ms: Number(ms), isBfloat16 };
}

function byType(primitives: readonly Primitive[]): ReadonlyMap<LayerType, Measured> {
  const found = new Map<LayerType, Measured>();
  for (const { type, ms } of primitives) {
    const before = found.get(type) ?? { count: 0, ms: 0 };
    found.set(type, { count: before.count + 1, ms: before.ms + ms });
  }
  return found;
}
