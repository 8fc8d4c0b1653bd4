import { PetageError } from "#lib/base/errors.ts";
import type { ConfigValue } from "#lib/config/value.ts";
import { floatRepr } from "#lib/config/language/python/numbers.ts";
import { stringRepr } from "#lib/config/language/python/repr.ts";
import {
  PyDict,
  PyList,
  PyTuple,
  keyText,
  type PyValue,
  kindOf,
  capitalized,
} from "#lib/config/language/python/values.ts";

const LINE_WIDTH = 100;
const INDENT = "    ";
const KEYWORDS = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);

/** A config as Python text that loads to the same value: names sorted at every level, one item a line. */
export function dumpPython(config: PyDict): string {
  return sortedEntries(config)
    .map(({ name, value }) => {
      if (isName(name)) return `${name} = ${write(value, "", name.length + 3)}\n`;
      throw new PetageError("CONFIG_INVALID_VALUE", `\`${name}\` cannot be a variable of a Python config`, {
        hint: "Top-level names are letters, digits and _",
      });
    })
    .join("");
}

/** A plain config as JSON text, names sorted at every level. Throws CONFIG_INVALID_VALUE for inf and nan, which JSON lacks. */
export function dumpJson(value: ConfigValue): string {
  const sort = (_key: string, inner: unknown): unknown => {
    if (typeof inner === "number" && !Number.isFinite(inner)) {
      throw new PetageError("CONFIG_INVALID_VALUE", `JSON has no ${floatRepr(inner)}`, {
        hint: "Write the config as .py instead",
      });
    }
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  return `${JSON.stringify(value, sort, 2)}\n`;
}

/** One plain value as Python text on one line. */
export function dumpValue(value: ConfigValue): string {
  return inline(fromPlain(value));
}

/** Plain data as Python values; whole numbers become ints. */
export function fromPlain(value: ConfigValue): PyValue {
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return new PyList(value.map(fromPlain));
  const dict = new PyDict();
  for (const [key, inner] of Object.entries(value)) dict.set(key, fromPlain(inner));
  return dict;
}

/** `used`: how much of the line stands before the value. */
function write(value: PyValue, indent: string, used: number): string {
  const isContainer = value instanceof PyDict || value instanceof PyList || value instanceof PyTuple;
  if (!isContainer) return atom(value);
  const oneLine = inline(value);
  const isEmpty = oneLine === "dict()" || oneLine === "[]" || oneLine === "()";
  const isFlat = !(value instanceof PyDict) && !value.items.some((item) => item instanceof PyDict);
  if (isEmpty || (isFlat && indent.length + used + oneLine.length <= LINE_WIDTH)) return oneLine;
  const inner = indent + INDENT;
  const [open, close, lines] = value instanceof PyDict ? dictLines(value, inner) : listLines(value, inner);
  return `${open}\n${lines.map((line) => `${inner}${line},\n`).join("")}${indent}${close}`;
}

/** Long lists of plain values are wrapped like text; others have an item a line. */
function listLines(list: PyList | PyTuple, indent: string): [open: string, close: string, lines: string[]] {
  const isPlain = list.items.length > 1 && list.items.every((item) => typeof item !== "object" || item === null);
  const lines = isPlain ? wrap(list.items.map(atom), indent) : list.items.map((item) => write(item, indent, 1));
  return list instanceof PyList ? ["[", "]", lines] : ["(", ")", lines];
}

/** Items joined by commas into lines of at most the line width. */
function wrap(items: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const line = lines.at(-1);
    const longer = line === undefined ? undefined : `${line}, ${item}`;
    if (longer !== undefined && indent.length + longer.length < LINE_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(item);
  }
  return lines;
}

function dictLines(dict: PyDict, indent: string): [open: string, close: string, lines: string[]] {
  const entries = sortedEntries(dict);
  if (entries.every(({ name, key }) => typeof key === "string" && isName(name))) {
    return ["dict(", ")", entries.map(({ name, value }) => `${name}=${write(value, indent, name.length + 2)}`)];
  }
  return ["{", "}", entries.map(({ key, value }) => `${inline(key)}: ${write(value, indent, inline(key).length + 3)}`)];
}

function inline(value: PyValue): string {
  if (value instanceof PyList) return `[${value.items.map(inline).join(", ")}]`;
  if (value instanceof PyTuple) return `(${value.items.map(inline).join(", ")}${value.items.length === 1 ? "," : ""})`;
  if (!(value instanceof PyDict)) return atom(value);
  const entries = sortedEntries(value);
  const named = entries.every(({ name, key }) => typeof key === "string" && isName(name));
  if (named) return `dict(${entries.map(({ name, value: inner }) => `${name}=${inline(inner)}`).join(", ")})`;
  return `{${entries.map(({ key, value: inner }) => `${inline(key)}: ${inline(inner)}`).join(", ")}}`;
}

function atom(value: PyValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? floatRepr(value) : `float('${floatRepr(value)}')`;
  if (typeof value === "string") return stringRepr(value);
  if (typeof value === "object" && "dottedName" in value) return stringRepr(value.dottedName);
  throw new PetageError("CONFIG_INVALID_VALUE", `${capitalized(kindOf(value))} cannot be written into a config`);
}

interface NamedEntry {
  readonly name: string;
  readonly key: PyValue;
  readonly value: PyValue;
}

function sortedEntries(dict: PyDict): NamedEntry[] {
  return dict
    .entries()
    .map(({ key, value }) => ({ name: keyText(key), key, value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function isName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text) && !KEYWORDS.has(text);
}
