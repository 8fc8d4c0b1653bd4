import type { SourcePosition } from "#lib/base/errors.ts";
import type { Budget } from "#lib/config/language/budget.ts";
import {
  evaluationError,
  PyBaseReference,
  PyDict,
  PyFunction,
  PyLazyObject,
  PyList,
  PyRange,
  PyTuple,
  PyView,
  isSequence,
  misusedReference,
  sizeOf,
  unsupported,
  type PyValue,
  type Runtime,
  kindOf,
  capitalized,
} from "./values.ts";

/** Calls a function value with positional arguments. */
export function call(callee: PyValue, positional: readonly PyValue[], runtime: Runtime): PyValue {
  return invoke(callee, { positional, keywords: new Map(), position: undefined }, runtime);
}

/** Calls a value as Python would: a LazyObject called or any other value is an error. */
export function invoke(callee: PyValue, given: Parameters<PyFunction["call"]>[0], runtime: Runtime): PyValue {
  if (callee instanceof PyLazyObject)
    throw unsupported(
      `Calling \`${callee.dottedName}\``,
      "What a config imports is only named, never loaded: write dict(type=...) instead",
    );
  if (!(callee instanceof PyFunction)) throw evaluationError(`${capitalized(kindOf(callee))} cannot be called`);
  return runtime.budget.nested(() => callee.call(given, runtime));
}

/** The elements of an iterable; each costs a step. */
export function* iterate(value: PyValue, budget: Budget): Generator<PyValue, void, undefined> {
  if (value instanceof PyRange) {
    for (let at = value.start; value.step > 0n ? at < value.stop : at > value.stop; at += value.step) {
      budget.spend(1);
      yield at;
    }
    return;
  }
  if (value instanceof PyList) {
    // By index: a loop may grow the list that it visits, as in Python.
    for (let index = 0; index < value.items.length; index++) {
      budget.spend(1);
      yield value.items[index] as PyValue;
    }
    return;
  }
  for (const item of fixedElements(value)) {
    budget.spend(1);
    yield item;
  }
}

function fixedElements(value: PyValue): Iterable<PyValue> {
  if (typeof value === "string") return value;
  if (value instanceof PyTuple || value instanceof PyView) return value.items;
  if (value instanceof PyDict) return value.entries().map((entry) => entry.key);
  if (value instanceof PyBaseReference) throw misusedReference(value);
  throw evaluationError(`${capitalized(kindOf(value))} cannot be iterated over`);
}

/** A copy in which nothing is shared with the original; aliases inside stay aliases. */
export function deepCopy(value: PyValue, budget: Budget, copies = new Map<PyValue, PyValue>()): PyValue {
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (!isSequence(value) && !(value instanceof PyDict)) return value;
  budget.spend(1 + sizeOf(value));
  return budget.nested(() => copyContainer(value, (item) => deepCopy(item, budget, copies), copies));
}

function copyContainer(
  value: PyList | PyTuple | PyDict,
  copy: (item: PyValue) => PyValue,
  copies: Map<PyValue, PyValue>,
): PyValue {
  if (value instanceof PyTuple) return new PyTuple(value.items.map(copy), value.position);
  if (value instanceof PyList) {
    const list = new PyList([], value.position);
    copies.set(value, list);
    list.items = value.items.map(copy);
    return list;
  }
  const dict = new PyDict(value.kind, value.position);
  copies.set(value, dict);
  for (const entry of value.entries()) dict.set(entry.key, copy(entry.value), entry.position);
  return dict;
}

/** As mmengine's ConfigDict takes a value in: dicts, also inside lists, become ConfigDicts, and everything is copied. */
export function toConfigDict(value: PyValue, budget: Budget): PyValue {
  if (!isSequence(value) && !(value instanceof PyDict)) return value;
  budget.spend(1 + sizeOf(value));
  return budget.nested(() => {
    if (value instanceof PyList)
      return new PyList(
        value.items.map((item) => toConfigDict(item, budget)),
        value.position,
      );
    if (value instanceof PyTuple)
      return new PyTuple(
        value.items.map((item) => toConfigDict(item, budget)),
        value.position,
      );
    const dict = new PyDict("ConfigDict", value.position);
    for (const entry of value.entries()) dict.set(entry.key, toConfigDict(entry.value, budget), entry.position);
    return dict;
  });
}

/** Sets a key as Python does: what goes into a ConfigDict is taken in by copy. */
export function setItem(
  dict: PyDict,
  key: PyValue,
  value: PyValue,
  at: { readonly position?: SourcePosition | undefined; readonly budget: Budget },
): void {
  dict.set(key, dict.kind === "ConfigDict" ? toConfigDict(value, at.budget) : value, at.position);
}
