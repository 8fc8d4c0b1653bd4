import { floatRepr } from "./numbers.ts";
import {
  PyBaseReference,
  PyDict,
  PyFunction,
  PyLazyObject,
  PyList,
  PyModule,
  PyRange,
  PyTuple,
  misusedReference,
  type PyValue,
} from "./values.ts";
import type { Budget } from "#lib/config/language/budget.ts";

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\t", "\\t"],
  ["\r", "\\r"],
]);

/** A string as Python source: single quotes, unless only they occur inside. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // oxlint-disable-next-line no-control-regex
  const body = text.replaceAll(/[\\\n\t\r\u0000-\u001f\u007f]/g, (character) => {
    return ESCAPES.get(character) ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

/** Python's `repr`. */
export function repr(value: PyValue, budget: Budget): string {
  const text = budget.nested(() => reprOf(value, budget));
  budget.string(text.length);
  return text;
}

function reprOf(value: PyValue, budget: Budget): string {
  const join = (items: readonly PyValue[]): string => items.map((item) => repr(item, budget)).join(", ");
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return floatRepr(value);
  if (typeof value === "string") return stringRepr(value);
  if (value instanceof PyList) return `[${join(value.items)}]`;
  if (value instanceof PyTuple) return `(${join(value.items)}${value.items.length === 1 ? "," : ""})`;
  if (value instanceof PyDict)
    return `{${value
      .entries()
      .map((entry) => `${repr(entry.key, budget)}: ${repr(entry.value, budget)}`)
      .join(", ")}}`;
  if (value instanceof PyRange)
    return `range(${value.start}, ${value.stop}${value.step === 1n ? "" : `, ${value.step}`})`;
  if (value instanceof PyBaseReference) throw misusedReference(value);
  if (value instanceof PyLazyObject) return value.dottedName;
  if (value instanceof PyFunction || value instanceof PyModule) return `<${value.name}>`;
  return `${value.type}([${join(value.items)}])`;
}

/** Python's `str`. */
export function str(value: PyValue, budget: Budget): string {
  return typeof value === "string" ? value : repr(value, budget);
}
