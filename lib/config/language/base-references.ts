import { PetageError } from "#lib/base/errors.ts";
import type { Budget } from "./budget.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import { PyBaseReference, PyDict, PyList, PyTuple, sizeOf, type PyValue } from "#lib/config/language/python/values.ts";

/** Every `{{_base_.a.b}}` inside a value replaced by what the merged bases hold there. Throws CONFIG_EVALUATION for a missing key. */
export function resolveBaseReferences(value: PyValue, base: PyDict, budget: Budget): PyValue {
  if (value instanceof PyBaseReference) return lookUp(value, base);
  if (!(value instanceof PyDict || value instanceof PyList || value instanceof PyTuple)) return value;
  budget.spend(1 + sizeOf(value));
  return budget.nested(() => {
    const resolve = (item: PyValue): PyValue => resolveBaseReferences(item, base, budget);
    if (value instanceof PyList) return new PyList(value.items.map(resolve), value.position);
    if (value instanceof PyTuple) return new PyTuple(value.items.map(resolve), value.position);
    return resolveDict(value, resolve);
  });
}

/** Resolves the values of a dict into a new one. */
function resolveDict(dict: PyDict, resolve: (value: PyValue) => PyValue): PyDict {
  const resolved = new PyDict(dict.kind, dict.position);
  for (const { key, value, position } of dict.entries()) resolved.set(key, resolve(value), position);
  return resolved;
}

function lookUp({ path, position }: PyBaseReference, base: PyDict): PyValue {
  let value: PyValue = base;
  for (const key of path.split(".")) {
    const next: PyValue | undefined = value instanceof PyDict ? value.get(key) : undefined;
    if (next === undefined) {
      const hint =
        value instanceof PyDict
          ? didYouMean(key, value.names())
          : "Only keys of dicts can be named; use _base_[...] for elements of lists";
      throw new PetageError("CONFIG_EVALUATION", `The bases have no \`${path}\` (\`${key}\` is missing)`, {
        position,
        ...(hint !== undefined && { hint }),
      });
    }
    value = next;
  }
  return value;
}
