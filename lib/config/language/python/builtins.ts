import { bind, integerArgument, stringArgument } from "./arguments.ts";
import { format } from "./format.ts";
import { bitLength, fromRatio, roundScaled } from "./numbers.ts";
import { binary, equal, order } from "./operators.ts";
import { repr, str } from "./repr.ts";
import { call, iterate } from "./runtime.ts";
import {
  PyDict,
  PyFunction,
  PyList,
  PyRange,
  PyTuple,
  PyView,
  asInteger,
  evaluationError,
  isSequence,
  truthy,
  typeName,
  unsupported,
  type Arguments,
  type PyValue,
  type Runtime,
  kindOf,
  capitalized,
} from "./values.ts";

type BuiltIn = (given: Arguments, runtime: Runtime) => PyValue;

const TABLE = {
  abs: (given) => absolute(bind(given, "abs", ["x"])[0] ?? null),
  all: (given, runtime) => [...iterate(only(given, "all"), runtime.budget)].every(truthy),
  any: (given, runtime) => [...iterate(only(given, "any"), runtime.budget)].some(truthy),
  bool: (given) => truthy(bind(given, "bool", ["x"], 0)[0] ?? null),
  dict: makeDict,
  divmod: (given, { budget }) => {
    const [a = null, b = null] = bind(given, "divmod", ["a", "b"]);
    return new PyTuple([binary("//", a, b, budget), binary("%", a, b, budget)]);
  },
  enumerate: (given, { budget }) => {
    const [iterable = null, start = 0n] = bind(given, "enumerate", ["iterable", "start"], 1);
    const first = integerArgument(start, "enumerate()");
    return new PyView(
      "enumerate",
      [...iterate(iterable, budget)].map((item, index) => new PyTuple([first + BigInt(index), item])),
    );
  },
  filter: (given, runtime) => {
    const [test = null, iterable = null] = bind(given, "filter", ["function", "iterable"]);
    const keeps = (item: PyValue): boolean => truthy(test === null ? item : call(test, [item], runtime));
    return new PyView("filter", [...iterate(iterable, runtime.budget)].filter(keeps));
  },
  float: (given) => makeFloat(bind(given, "float", ["x"], 0)[0]),
  format: (given, { budget }) => {
    const [value = null, spec = ""] = bind(given, "format", ["value", "spec"], 1);
    return format(value, stringArgument(spec, "format()"), budget);
  },
  int: (given) => makeInteger(given),
  isinstance: (given) => {
    const [value = null, types = null] = bind(given, "isinstance", ["object", "types"]);
    return (isSequence(types) ? types.items : [types]).some((type) => isInstance(value, type));
  },
  len: (given) => BigInt(lengthOf(only(given, "len"))),
  list: (given, { budget }) => new PyList(elements(given, "list", budget), given.position),
  map: (given, runtime) => {
    const [mapper = null, ...iterables] = given.positional;
    if (iterables.length === 0) throw evaluationError("map() needs a function and an iterable");
    return new PyView(
      "map",
      zipped(iterables, runtime).map((items) => call(mapper, items, runtime)),
    );
  },
  max: (given, runtime) => extreme("max", given, runtime),
  min: (given, runtime) => extreme("min", given, runtime),
  pow: (given, { budget }) => {
    const [base = null, exponent = null] = bind(given, "pow", ["base", "exp"]);
    return binary("**", base, exponent, budget);
  },
  print: () => null,
  range: makeRange,
  repr: (given, { budget }) => repr(only(given, "repr"), budget),
  reversed: (given, { budget }) => new PyView("reversed", [...iterate(only(given, "reversed"), budget)].toReversed()),
  round: makeRounded,
  sorted: (given, runtime) => {
    const { positional, keywords, position } = given;
    const [iterable = null] = bind({ positional, keywords: new Map(), position }, "sorted", ["iterable"]);
    return new PyList(
      sortValues([...iterate(iterable, runtime.budget)], "sorted", { positional: [], keywords, position }, runtime),
      position,
    );
  },
  str: (given, { budget }) => {
    const [value = ""] = bind(given, "str", ["object"], 0);
    return str(value, budget);
  },
  sum: (given, { budget }) => {
    const [iterable = null, start = 0n] = bind(given, "sum", ["iterable", "start"], 1);
    let total = start;
    for (const item of iterate(iterable, budget)) total = binary("+", total, item, budget);
    return total;
  },
  tuple: (given, { budget }) => new PyTuple(elements(given, "tuple", budget), given.position),
  zip: (given, runtime) =>
    new PyView(
      "zip",
      zipped(given.positional, runtime).map((items) => new PyTuple(items)),
    ),
} satisfies Record<string, BuiltIn>;

/** The functions and types that a config can use without importing anything. */
export const builtIns: ReadonlyMap<string, PyFunction> = new Map(
  Object.entries(TABLE).map(([name, body]) => [name, new PyFunction(name, body)]),
);

/** Python's other built-ins: named, so that the message can say that they exist but are left out. */
export const LEFT_OUT: ReadonlySet<string> = new Set(
  (
    "__import__ aiter anext ascii bin breakpoint bytearray bytes callable chr classmethod compile complex delattr dir eval exec exit frozenset getattr globals " +
    "hasattr hash help hex id input issubclass iter locals memoryview next object oct open ord property quit set setattr slice staticmethod super type vars"
  ).split(" "),
);

function only(given: Arguments, name: string): PyValue {
  return bind(given, name, ["object"])[0] ?? null;
}

function elements(given: Arguments, name: string, budget: Runtime["budget"]): PyValue[] {
  const [iterable] = bind(given, name, ["iterable"], 0);
  return iterable === undefined ? [] : [...iterate(iterable, budget)];
}

function zipped(iterables: readonly PyValue[], { budget }: Runtime): PyValue[][] {
  const columns = iterables.map((iterable) => [...iterate(iterable, budget)]);
  const length = columns.length === 0 ? 0 : Math.min(...columns.map((column) => column.length));
  return Array.from({ length }, (_, index) => columns.map((column) => column[index] as PyValue));
}

function makeDict(given: Arguments, { budget }: Runtime): PyValue {
  const { positional, keywords, position } = given;
  const [mapping, ...more] = positional;
  if (more.length > 0)
    throw evaluationError(`dict() takes at most 1 positional argument, ${positional.length} were given`);
  const dict = new PyDict("dict", position);
  if (mapping !== undefined) fill(dict, mapping, budget);
  budget.spend(keywords.size);
  for (const [name, keyword] of keywords) dict.set(name, keyword.value, keyword.position);
  return dict;
}

/** Puts the items of a mapping, or an iterable of pairs, into a dict. */
export function fill(dict: PyDict, items: PyValue, budget: Runtime["budget"]): void {
  if (items instanceof PyDict) {
    budget.spend(items.size);
    for (const { key, value, position } of items.entries()) dict.set(key, value, position);
    return;
  }
  for (const pair of iterate(items, budget)) {
    const [key, value, ...more] = [...iterate(pair, budget)];
    if (key === undefined || value === undefined || more.length > 0)
      throw evaluationError("dict() needs pairs of a key and a value");
    dict.set(key, value);
  }
}

function absolute(value: PyValue): PyValue {
  const integer = asInteger(value);
  if (integer !== undefined) return integer < 0n ? -integer : integer;
  if (typeof value === "number") return Math.abs(value);
  throw evaluationError(`abs() needs a number, not ${kindOf(value)}`);
}

function makeFloat(value: PyValue = 0): number {
  const integer = asInteger(value);
  if (integer !== undefined) return Number(integer);
  if (typeof value === "number") return value;
  const number = typeof value === "string" ? parseFloatText(value) : undefined;
  if (number === undefined)
    throw evaluationError(`float() cannot read ${typeof value === "string" ? `"${value}"` : kindOf(value)}`);
  return number;
}

/** Text as Python's `float()` reads it; undefined when it is no number. */
export function parseFloatText(text: string): number | undefined {
  const trimmed = text.trim();
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(trimmed);
  if (special) return /nan/i.test(trimmed) ? Number.NaN : special[1] === "-" ? -Infinity : Infinity;
  const isNumber = /^[+-]?(\d(_?\d)*(\.(\d(_?\d)*)?)?|\.\d(_?\d)*)(e[+-]?\d(_?\d)*)?$/i.test(trimmed);
  return isNumber ? Number(trimmed.replaceAll("_", "")) : undefined;
}

/** Text as Python's `int()` reads it in base 10; undefined when it is no integer. */
export function parseIntegerText(text: string): bigint | undefined {
  const match = /^([+-]?)(\d(?:_?\d)*)$/.exec(text.trim());
  if (!match || text.length > 1000) return undefined;
  const magnitude = BigInt((match[2] ?? "").replaceAll("_", ""));
  return match[1] === "-" ? -magnitude : magnitude;
}

function makeInteger(given: Arguments): bigint {
  const [value = 0n, base] = bind(given, "int", ["x", "base"], 0);
  if (base !== undefined) throw unsupported("int() with a base");
  const integer = asInteger(value) ?? (typeof value === "string" ? parseIntegerText(value) : undefined);
  if (integer !== undefined) return integer;
  if (typeof value === "number" && Number.isFinite(value)) return BigInt(Math.trunc(value));
  throw evaluationError(
    `int() cannot read ${typeof value === "string" ? `"${value}"` : typeof value === "number" ? String(value) : kindOf(value)}`,
  );
}

function isInstance(value: PyValue, type: PyValue): boolean {
  if (!(type instanceof PyFunction) || !type.builtIn)
    throw evaluationError("isinstance() needs a type such as dict, list or str");
  const actual = typeName(value);
  return (
    actual === type.name ||
    (type.name === "dict" && actual === "ConfigDict") ||
    (type.name === "int" && actual === "bool")
  );
}

export function lengthOf(value: PyValue): number {
  if (typeof value === "string") return Array.from(value).length;
  if (isSequence(value)) return value.items.length;
  if (value instanceof PyDict) return value.size;
  if (value instanceof PyRange) return Number(value.length);
  if (value instanceof PyView && value.type.startsWith("dict_")) return value.items.length;
  throw evaluationError(`${capitalized(kindOf(value))} has no length`);
}

function makeRange(given: Arguments): PyRange {
  const [first = null, second, third] = bind(given, "range", ["start", "stop", "step"], 1);
  const step = third === undefined ? 1n : integerArgument(third, "range()");
  if (step === 0n) throw evaluationError("The step of range() must not be zero");
  const start = second === undefined ? 0n : integerArgument(first, "range()");
  return new PyRange(start, integerArgument(second ?? first, "range()"), step);
}

const MOST_DIGITS = 1000;

/** Python rounds half to even, on the exact value of the float. */
function makeRounded(given: Arguments): PyValue {
  const [value = null, digits = null] = bind(given, "round", ["number", "ndigits"], 1);
  const integer = asInteger(value);
  if (integer === undefined && typeof value !== "number")
    throw evaluationError(`round() needs a number, not ${kindOf(value)}`);
  const number = integer ?? (value as number);
  if (typeof number === "number" && !Number.isFinite(number)) {
    if (digits !== null) return number;
    throw evaluationError(`round() cannot turn ${number} into an int`);
  }
  const places = digits === null ? 0 : Number(integerArgument(digits, "round()"));
  if (Math.abs(places) > MOST_DIGITS) throw evaluationError(`round() takes at most ${MOST_DIGITS} digits`);
  if (typeof number === "bigint") return places >= 0 ? number : roundScaled(number, places) * 10n ** BigInt(-places);
  const scaled = roundScaled(number, places);
  if (digits === null) return scaled;
  const unsigned =
    places >= 0
      ? fromRatio({ numerator: scaled, denominator: 10n ** BigInt(places) })
      : Number(scaled * 10n ** BigInt(-places));
  return unsigned === 0 && (number < 0 || Object.is(number, -0)) ? -0 : unsigned;
}

function extreme(name: "max" | "min", given: Arguments, runtime: Runtime): PyValue {
  const { positional, keywords } = given;
  for (const keyword of keywords.keys())
    if (keyword !== "key" && keyword !== "default") throw evaluationError(`${name}() has no argument \`${keyword}\``);
  const key = keywords.get("key")?.value ?? null;
  const candidates = positional.length === 1 ? [...iterate(positional[0] as PyValue, runtime.budget)] : positional;
  const rank = (item: PyValue): PyValue => (key === null ? item : call(key, [item], runtime));
  const [first] = candidates;
  if (first === undefined) {
    const fallback = keywords.get("default")?.value;
    if (fallback === undefined) throw evaluationError(`${name}() of nothing`, "Give a `default`");
    return fallback;
  }
  const wanted = name === "max" ? ">" : "<";
  const better = (sign: number): boolean => (wanted === ">" ? sign > 0 : sign < 0);
  return candidates
    .slice(1)
    .reduce((best, item) => (better(order(rank(item), rank(best), wanted, runtime.budget)) ? item : best), first);
}

/** Sorts as Python does: stably, by an optional key, optionally reversed. */
export function sortValues(items: PyValue[], name: string, given: Arguments, runtime: Runtime): PyValue[] {
  for (const keyword of given.keywords.keys())
    if (keyword !== "key" && keyword !== "reverse") throw evaluationError(`${name}() has no argument \`${keyword}\``);
  const key = given.keywords.get("key")?.value ?? null;
  const sign = truthy(given.keywords.get("reverse")?.value ?? false) ? -1 : 1;
  const ranked = items.map((item) => ({ item, rank: key === null ? item : call(key, [item], runtime) }));
  runtime.budget.spend(items.length * Math.max(1, bitLength(BigInt(items.length))));
  const compare = (a: PyValue, b: PyValue): number =>
    equal(a, b, runtime.budget) ? 0 : order(a, b, "<", runtime.budget);
  return ranked.toSorted((a, b) => sign * compare(a.rank, b.rank)).map(({ item }) => item);
}
