import type { Budget } from "#lib/config/language/budget.ts";
import { floatRepr, roundScaled } from "./numbers.ts";
import { repr, str } from "./repr.ts";
import {
  PyDict,
  PyList,
  PyTuple,
  asInteger,
  evaluationError,
  unsupported,
  type PyValue,
  kindOf,
  capitalized,
} from "./values.ts";

const SPEC =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[+\- ])?(?<alternate>#)?(?<zero>0)?(?<width>\d+)?(?<group>[,_])?(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])?$/su;
const MOST_PRECISION = 100;

/** `format(value, spec)`: Python's format mini-language for ints, floats and strings. */
export function format(value: PyValue, spec: string, budget: Budget): string {
  if (spec === "") return str(value, budget);
  const parts = SPEC.exec(spec)?.groups;
  if (!parts) throw evaluationError(`\`${spec}\` is not a format specification`);
  const width = Number(parts["width"] ?? 0);
  budget.string(width);
  if (Number(parts["precision"] ?? 0) > MOST_PRECISION)
    throw evaluationError(`A precision above ${MOST_PRECISION} digits is not supported`);
  const isNumeric = typeof value !== "string" && (asInteger(value) !== undefined || typeof value === "number");
  const body = isNumeric ? formatNumber(value, parts) : formatText(value, parts, spec, budget);
  const zero = parts["zero"] !== undefined && parts["align"] === undefined;
  const align = parts["align"] ?? (zero ? "=" : isNumeric ? ">" : "<");
  return pad(body, width, { align, fill: parts["fill"] ?? (zero ? "0" : " ") });
}

type SpecParts = Record<string, string | undefined>;

function formatText(value: PyValue, parts: SpecParts, spec: string, budget: Budget): string {
  const type = parts["type"] ?? "s";
  if (typeof value !== "string")
    throw evaluationError(
      `${capitalized(kindOf(value))} does not take the format \`${spec}\``,
      "Format str(...) of it instead",
    );
  if (parts["group"] !== undefined) throw evaluationError("Only numbers can be grouped with `,` or `_`");
  if (type !== "s") throw evaluationError(`The format \`${type}\` does not work on a str`);
  return Array.from(str(value, budget))
    .slice(0, parts["precision"] === undefined ? undefined : Number(parts["precision"]))
    .join("");
}

function formatNumber(value: PyValue, parts: SpecParts): string {
  const integer = asInteger(value);
  const type = parts["type"] ?? "";
  const isFloatType = "eEfFgG%".includes(type) && type !== "";
  const asFloat = integer === undefined ? (value as number) : Number(integer);
  const isNegative = integer === undefined ? asFloat < 0 || Object.is(asFloat, -0) : integer < 0n;
  const digits =
    integer !== undefined && !isFloatType
      ? integerDigits(integer, type, parts["alternate"] !== undefined)
      : floatDigits(asFloat, type, parts["precision"]);
  const grouped =
    parts["group"] === undefined
      ? digits
      : digits.replace(/^\d+/, (whole) => whole.replaceAll(/\B(?=(\d{3})+$)/g, parts["group"] ?? ""));
  const sign = isNegative ? "-" : parts["sign"] === "+" || parts["sign"] === " " ? parts["sign"] : "";
  return sign + grouped;
}

function integerDigits(value: bigint, type: string, alternate: boolean): string {
  const magnitude = value < 0n ? -value : value;
  const bases: ReadonlyMap<string, number> = new Map([
    ["", 10],
    ["d", 10],
    ["n", 10],
    ["x", 16],
    ["X", 16],
    ["o", 8],
    ["b", 2],
  ]);
  const base = bases.get(type);
  if (base === undefined) throw evaluationError(`The format \`${type}\` does not work on an int`);
  const digits = magnitude.toString(base);
  const prefix = alternate && base !== 10 ? `0${type}` : "";
  return prefix + (type === "X" ? digits.toUpperCase() : digits);
}

/** Digits of a float without its sign. */
function floatDigits(value: number, type: string, precisionText: string | undefined): string {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value)) return floatRepr(magnitude) + (type === "%" ? "%" : "");
  const precision = Number(precisionText ?? 6);
  switch (type) {
    case "f":
    case "F":
      return fixed(magnitude, precision);
    case "%":
      return `${fixed(magnitude * 100, precision)}%`;
    case "e":
    case "E":
      return withCase(exponential(magnitude, precision), type);
    case "g":
    case "G":
      return withCase(general(magnitude, precision), type);
    case "":
      if (precisionText === undefined) return floatRepr(magnitude);
      return pointed(general(magnitude, precision));
    default:
      throw evaluationError(`The format \`${type}\` does not work on a float`);
  }
}

function fixed(value: number, precision: number): string {
  const digits = String(roundScaled(value, precision)).padStart(precision + 1, "0");
  return precision === 0 ? digits : `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

function exponential(value: number, precision: number): string {
  const [digits = "", exponent = "+0"] = value.toExponential(precision).split("e");
  return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, "0")}`;
}

function general(value: number, precision: number): string {
  const significant = Math.max(precision, 1);
  const exponent = value === 0 ? 0 : Number(value.toExponential(significant - 1).split("e")[1]);
  const isPlain = exponent >= -4 && exponent < significant;
  const text = isPlain ? fixed(value, significant - 1 - exponent) : exponential(value, significant - 1);
  const [digits = "", power] = text.split("e");
  const trimmed = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return power === undefined ? trimmed : `${trimmed}e${power}`;
}

function pointed(text: string): string {
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function withCase(text: string, type: string): string {
  return type === type.toUpperCase() ? text.toUpperCase() : text;
}

function pad(text: string, width: number, { align, fill }: { align: string; fill: string }): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (align === "<") return text + fill.repeat(missing);
  if (align === ">") return fill.repeat(missing) + text;
  if (align === "^") return fill.repeat(Math.floor(missing / 2)) + text + fill.repeat(Math.ceil(missing / 2));
  const sign = /^[+\- ]/.exec(text)?.[0] ?? "";
  return sign + fill.repeat(missing) + text.slice(sign.length);
}

const FIELD = /\{\{|\}\}|\{(?<name>[^{}!:]*)(?:!(?<conversion>[rsa]))?(?::(?<spec>(?:[^{}]|\{[^{}]*\})*))?\}|[{}]/g;

/** `template.format(*positional, **keywords)`. */
export function formatTemplate(
  template: string,
  positional: readonly PyValue[],
  named: (name: string) => PyValue | undefined,
  budget: Budget,
): string {
  let next = 0;
  const field = (name: string): PyValue => {
    const [head = "", ...rest] = name.split(/(?=[.[])/);
    if (rest.length > 0) throw unsupported("Reading attributes or elements in a format string");
    const index = head === "" ? next++ : Number(head);
    const value = /^\d*$/.test(head) ? positional[index] : named(head);
    if (value === undefined)
      throw evaluationError(`The format string has a field \`{${name}}\` for which there is no argument`);
    return value;
  };
  const text = template.replaceAll(FIELD, (whole: string, ...groups: unknown[]) => {
    if (whole === "{{" || whole === "}}") return whole.charAt(0);
    if (whole === "{" || whole === "}")
      throw evaluationError(
        `A single \`${whole}\` stands in the format string`,
        `Write \`${whole}${whole}\` for the character`,
      );
    const parts = groups.at(-1) as SpecParts;
    const value = field(parts["name"] ?? "");
    const spec = (parts["spec"] ?? "").replaceAll(/\{([^{}]*)\}/g, (_whole, name: string) => str(field(name), budget));
    return format(convert(value, parts["conversion"] ?? "", budget), spec, budget);
  });
  budget.string(text.length);
  return text;
}

/** `!r`, `!s` or `!a` of a replacement field. */
export function convert(value: PyValue, conversion: string, budget: Budget): PyValue {
  if (conversion === "") return value;
  return conversion === "s" ? str(value, budget) : repr(value, budget);
}

const CONVERSION = /%(?:\((?<name>\w+)\))?(?<flags>[-+ 0#]*)(?<width>\d+)?(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])/g;

/** `template % value`. */
export function formatPercent(template: string, value: PyValue, budget: Budget): string {
  const queue = value instanceof PyTuple ? [...value.items] : [value];
  const text = template.replaceAll(CONVERSION, (...groups) => {
    const parts = groups.at(-1) as SpecParts;
    if (parts["type"] === "%") return "%";
    const { name } = parts as { name?: string };
    const item = name === undefined ? queue.shift() : value instanceof PyDict ? value.get(name) : undefined;
    if (item === undefined) throw evaluationError("There are fewer values than the `%` format needs");
    return formatOldStyle(item, parts, budget);
  });
  if (queue.length > 0 && !(value instanceof PyDict || value instanceof PyList))
    throw evaluationError("There are more values than the `%` format takes");
  budget.string(text.length);
  return text;
}

/** One `%` conversion, by the format specification that means the same. */
function formatOldStyle(
  item: PyValue,
  { flags = "", width = "", precision, type = "" }: SpecParts,
  budget: Budget,
): string {
  const places = precision === undefined ? "" : `.${precision}`;
  const align = flags.includes("-") ? "<" : ">";
  if (type === "s" || type === "r") {
    return format(type === "s" ? str(item, budget) : repr(item, budget), `${align}${width}${places}`, budget);
  }
  const isInteger = type === "d" || type === "i";
  const number = isInteger && typeof item === "number" ? BigInt(Math.trunc(item)) : item;
  const sign = flags.includes("+") ? "+" : "";
  const fill = flags.includes("0") && align === ">" ? `${sign}0` : `${align}${sign}`;
  return format(number, `${fill}${width}${isInteger ? "d" : places + type}`, budget);
}
