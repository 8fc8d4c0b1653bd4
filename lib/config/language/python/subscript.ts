import type { Budget } from "#lib/config/language/budget.ts";
import { missingKey } from "./methods.ts";
import {
  PyBaseReference,
  PyDict,
  PyList,
  PyRange,
  PyTuple,
  asInteger,
  evaluationError,
  isSequence,
  misusedReference,
  typeName,
  type PyValue,
  kindOf,
  capitalized,
} from "./values.ts";

/** The bounds of `x[start:stop:step]`; null where one is left out. */
export class Slice {
  readonly bounds: readonly PyValue[];

  constructor(bounds: readonly PyValue[]) {
    this.bounds = bounds;
  }
}

/** `object[index]` and `object[start:stop:step]`. */
export function getItem(object: PyValue, index: PyValue | Slice, budget: Budget): PyValue {
  if (object instanceof PyBaseReference) throw misusedReference(object);
  if (index instanceof Slice) return slice(object, index, budget);
  if (object instanceof PyDict) {
    const value = object.get(index);
    if (value === undefined) throw missingKey(index, object);
    return value;
  }
  if (object instanceof PyRange)
    return object.start + object.step * BigInt(elementOf(Number(object.length), index, "range"));
  if (isSequence(object)) return object.items[elementAt(object, index)] as PyValue;
  if (typeof object !== "string") throw evaluationError(`${capitalized(kindOf(object))} has no elements`);
  budget.spend(object.length);
  const characters = Array.from(object);
  return characters[elementOf(characters.length, index, "str")] as string;
}

/** The place in the list that a Python index, which may be negative, means. */
export function elementAt(list: PyList | PyTuple, index: PyValue): number {
  return elementOf(list.items.length, index, typeName(list));
}

function elementOf(length: number, index: PyValue, type: string): number {
  const integer = asInteger(index);
  if (integer === undefined) throw evaluationError(`The index of a ${type} is an int, not ${kindOf(index)}`);
  const at = Number(integer) + (integer < 0n ? length : 0);
  if (at < 0 || at >= length) throw evaluationError(`The index ${integer} lies outside a ${type} of ${length}`);
  return at;
}

function slice(object: PyValue, bounds: Slice, budget: Budget): PyValue {
  if (typeof object === "string") {
    const characters = Array.from(object);
    return pick(characters, bounds, budget).join("");
  }
  if (object instanceof PyList) return new PyList(pick(object.items, bounds, budget), object.position);
  if (object instanceof PyTuple) return new PyTuple(pick(object.items, bounds, budget), object.position);
  if (!(object instanceof PyRange)) throw evaluationError(`${capitalized(kindOf(object))} cannot be sliced`);
  const { start, count, step } = sliceIndices(bounds, Number(object.length));
  const first = object.start + object.step * BigInt(start);
  const stride = object.step * BigInt(step);
  return new PyRange(first, first + stride * BigInt(count), stride);
}

function pick<T>(items: readonly T[], bounds: Slice, budget: Budget): T[] {
  const { start, count, step } = sliceIndices(bounds, items.length);
  budget.spend(count);
  return Array.from({ length: count }, (_, turn) => items[start + turn * step] as T);
}

/** Which elements a slice means, as Python clips it. */
export function sliceIndices({ bounds }: Slice, length: number): { start: number; count: number; step: number } {
  const [first, last, stride] = bounds.map((bound) => boundOf(bound));
  const step = stride ?? 1;
  if (step === 0) throw evaluationError("The step of a slice must not be zero");
  const clip = (bound: number): number => {
    const at = bound < 0 ? bound + length : bound;
    return step > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
  };
  const start = first === undefined ? (step > 0 ? 0 : length - 1) : clip(first);
  const stop = last === undefined ? (step > 0 ? length : -1) : clip(last);
  return { start, count: Math.max(0, Math.ceil((stop - start) / step)), step };
}

function boundOf(bound: PyValue): number | undefined {
  if (bound === null) return undefined;
  const integer = asInteger(bound);
  if (integer === undefined) throw evaluationError(`The bounds of a slice are ints, not ${kindOf(bound)}`);
  return Number(integer);
}
