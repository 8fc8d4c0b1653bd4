import type { Expression } from "./ast.ts";
import type { Evaluator } from "./evaluate.ts";
import { missingKey } from "./methods.ts";
import { iterate, setItem } from "./runtime.ts";
import type { Scope } from "./scope.ts";
import { Slice, elementAt, sliceIndices } from "./subscript.ts";
import { PyDict, PyList, evaluationError, isSequence, typeName, unsupported, type PyValue, kindOf } from "./values.ts";

/** `target = value` for every kind of target. */
export function assign(target: Expression, value: PyValue, scope: Scope, evaluator: Evaluator): void {
  evaluator.positioned(target.at, () => {
    switch (target.kind) {
      case "name":
        return scope.set(target.name, value, evaluator.source.position(target.at));
      case "attribute":
        return assignAttribute(evaluator.evaluate(target.object, scope), target, value, evaluator);
      case "subscript":
        return assignItem(
          evaluator.evaluate(target.object, scope),
          evaluator.index(target.index, scope),
          { value, at: target.at },
          evaluator,
        );
      case "tuple":
      case "list":
        return unpack(target.items, value, scope, evaluator);
      default:
        throw evaluationError("Cannot assign to this expression");
    }
  });
}

function assignAttribute(
  object: PyValue,
  target: Extract<Expression, { kind: "attribute" }>,
  value: PyValue,
  evaluator: Evaluator,
): void {
  if (target.name.startsWith("__")) throw unsupported(`The attribute \`${target.name}\``);
  if (!(object instanceof PyDict) || object.kind !== "ConfigDict") {
    throw evaluationError(
      `The attributes of ${kindOf(object)} cannot be set`,
      object instanceof PyDict ? `Write ["${target.name}"] = ...` : undefined,
    );
  }
  setItem(object, target.name, value, {
    position: evaluator.source.position(target.at),
    budget: evaluator.runtime.budget,
  });
}

function assignItem(
  object: PyValue,
  index: PyValue | Slice,
  { value, at }: { value: PyValue; at: number },
  { source, runtime }: Evaluator,
): void {
  const { budget } = runtime;
  if (object instanceof PyDict && !(index instanceof Slice))
    return setItem(object, index, value, { position: source.position(at), budget });
  if (!(object instanceof PyList)) throw evaluationError(`The elements of ${kindOf(object)} cannot be set`);
  if (!(index instanceof Slice)) {
    object.items[elementAt(object, index)] = value;
    return;
  }
  const items = [...iterate(value, budget)];
  const { start, count, step } = sliceIndices(index, object.items.length);
  if (step === 1) {
    object.items = [...object.items.slice(0, start), ...items, ...object.items.slice(start + count)];
    return;
  }
  if (items.length !== count) throw evaluationError(`A slice of ${count} elements cannot take ${items.length}`);
  items.forEach((item, turn) => (object.items[start + turn * step] = item));
}

function unpack(targets: readonly Expression[], value: PyValue, scope: Scope, evaluator: Evaluator): void {
  const items = [...iterate(value, evaluator.runtime.budget)];
  const star = targets.findIndex((target) => target.kind === "starred");
  const spare = items.length - (targets.length - 1);
  if (star < 0 ? items.length !== targets.length : spare < 0) {
    throw evaluationError(`${items.length} values cannot be unpacked into ${targets.length} names`);
  }
  targets.forEach((target, index) => {
    if (target.kind === "starred") assign(target.value, new PyList(items.slice(star, star + spare)), scope, evaluator);
    else assign(target, items[star >= 0 && index > star ? index + spare - 1 : index] as PyValue, scope, evaluator);
  });
}

/** `del target`. */
export function remove(target: Expression, scope: Scope, evaluator: Evaluator): void {
  evaluator.positioned(target.at, () => {
    if (target.kind === "name") {
      if (!scope.delete(target.name)) throw evaluationError(`The name \`${target.name}\` is not defined`);
      return;
    }
    if (target.kind === "tuple" || target.kind === "list")
      return target.items.forEach((item) => remove(item, scope, evaluator));
    if (target.kind !== "subscript" && target.kind !== "attribute")
      throw evaluationError("Cannot delete this expression");
    const object = evaluator.evaluate(target.object, scope);
    removeItem(object, target.kind === "attribute" ? target.name : evaluator.index(target.index, scope));
  });
}

function removeItem(object: PyValue, index: PyValue | Slice): void {
  if (object instanceof PyDict && !(index instanceof Slice)) {
    if (!object.delete(index)) throw missingKey(index, object);
    return;
  }
  if (!(object instanceof PyList))
    throw evaluationError(`The elements of a ${isSequence(object) ? "tuple" : typeName(object)} cannot be deleted`);
  if (!(index instanceof Slice)) {
    object.items.splice(elementAt(object, index), 1);
    return;
  }
  const { start, count, step } = sliceIndices(index, object.items.length);
  const gone = new Set(Array.from({ length: count }, (_, turn) => start + turn * step));
  object.items = object.items.filter((_, at) => !gone.has(at));
}
