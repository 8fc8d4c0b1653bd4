import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import type { Budget } from "./budget.ts";
import {
  PyDict,
  PyList,
  keyText,
  truthy,
  type DictEntry,
  type PyValue,
  kindOf,
} from "#lib/config/language/python/values.ts";

export const DELETE_KEY = "_delete_";

export interface MergeOptions {
  /** Whether a key of digits means an element when the base has a list: only for options of the command line. */
  readonly listKeys: boolean;
  readonly budget: Budget;
}

/**
 * A child over its base, as mmengine merges: dicts merge key by key, anything else replaces; `_delete_=True` makes a
 * dict replace. Neither argument is changed. Throws CONFIG_MERGE when a dict meets something that is not one.
 */
export function mergeConfigs(child: PyDict, base: PyDict, options: MergeOptions): PyDict {
  return mergeDict(child, base, "", options);
}

function mergeDict(child: PyDict, base: PyDict, path: string, options: MergeOptions): PyDict {
  const merged = copyOf(base);
  options.budget.spend(child.size + base.size);
  for (const entry of child.entries()) {
    const value = mergeEntry(entry, merged, join(path, entry.key), options);
    merged.set(entry.key, value, entry.position);
  }
  return merged;
}

function mergeEntry({ key, value, position }: DictEntry, base: PyDict, path: string, options: MergeOptions): PyValue {
  const old = base.get(key);
  if (!(value instanceof PyDict) || old === undefined) return value;
  const replaces = truthy(value.get(DELETE_KEY) ?? false);
  const own = copyOf(value);
  own.delete(DELETE_KEY);
  return replaces ? own : mergeNested(own, old, { path, position }, options);
}

function mergeNested(
  child: PyDict,
  base: PyValue,
  at: { path: string; position: SourcePosition | undefined },
  options: MergeOptions,
): PyValue {
  if (base instanceof PyDict) return options.budget.nested(() => mergeDict(child, base, at.path, options));
  if (base instanceof PyList && options.listKeys)
    return options.budget.nested(() => mergeIntoList(child, base, at.path, options));
  throw mergeError(
    `\`${at.path}\` is a dict here, but its base has ${kindOf(base)}`,
    at.position,
    "Write `_delete_=True` in the dict to replace what the base has",
  );
}

/** `pipeline.1.scale=192`: the keys are indices, the values dicts to merge into the elements. */
function mergeIntoList(child: PyDict, base: PyList, path: string, options: MergeOptions): PyList {
  const items = [...base.items];
  for (const { key, value, position } of child.entries()) {
    const name = keyText(key);
    const elementPath = join(path, key);
    if (!/^\d+$/.test(name))
      throw mergeError(
        `\`${path}\` is a list: \`${name}\` is not an index of it`,
        position,
        `Write ${path}.0 to ${path}.${items.length - 1}`,
      );
    const old = items[Number(name)];
    if (old === undefined)
      throw mergeError(
        `\`${elementPath}\` lies beyond the ${items.length} elements of the list`,
        position,
        "Set the whole list to make it longer",
      );
    if (!(value instanceof PyDict))
      throw mergeError(
        `\`${elementPath}\` cannot be replaced alone`,
        position,
        `Set keys of the element, or the whole list: ${path}=[...]`,
      );
    // As in mmengine, `_delete_` has no meaning here and stays in the element.
    items[Number(name)] = mergeElement(value, old, { path: elementPath, position }, options);
  }
  return new PyList(items, base.position);
}

function mergeElement(
  child: PyDict,
  old: PyValue,
  at: { path: string; position: SourcePosition | undefined },
  options: MergeOptions,
): PyValue {
  if (old instanceof PyDict || old instanceof PyList) return mergeNested(child, old, at, options);
  throw mergeError(`\`${at.path}\` is ${kindOf(old)}, which has no keys`, at.position, "Set the whole list");
}

function copyOf(dict: PyDict): PyDict {
  const copy = new PyDict("ConfigDict", dict.position);
  for (const { key, value, position } of dict.entries()) copy.set(key, value, position);
  return copy;
}

function join(path: string, key: PyValue): string {
  return path === "" ? keyText(key) : `${path}.${keyText(key)}`;
}

function mergeError(message: string, position: SourcePosition | undefined, hint: string): PetageError {
  return new PetageError("CONFIG_MERGE", message, { hint, ...(position && { position }) });
}
