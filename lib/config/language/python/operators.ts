import type { Budget } from "#lib/config/language/budget.ts";
import { formatPercent } from "./format.ts";
import { bitLength, floatDivmod, floorDivide, fromRatio, power } from "./numbers.ts";
import {
  PyDict,
  PyLazyObject,
  PyList,
  PyRange,
  PyTuple,
  PyBaseReference,
  PyView,
  asInteger,
  evaluationError,
  isSequence,
  misusedReference,
  type PyValue,
  kindOf,
} from "./values.ts";

type IntegerOperation = (a: bigint, b: bigint, budget: Budget) => PyValue;
type FloatOperation = (a: number, b: number) => number;

const INTEGER: ReadonlyMap<string, IntegerOperation> = new Map<string, IntegerOperation>(
  Object.entries({
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b, budget) => {
      budget.integer(bitLength(a) + bitLength(b));
      return a * b;
    },
    "/": (a, b) => finite(fromRatio({ numerator: b < 0n ? -a : a, denominator: nonZero(b < 0n ? -b : b) })),
    "//": (a, b) => floorDivide(a, nonZero(b)),
    "%": (a, b) => a - floorDivide(a, nonZero(b)) * b,
    "**": integerPower,
    "<<": (a, b, budget) => {
      budget.integer(bitLength(a) + Number(notNegative(b)));
      return a << b;
    },
    ">>": (a, b) => a >> notNegative(b),
    "&": (a, b) => a & b,
    "|": (a, b) => a | b,
    "^": (a, b) => a ^ b,
  } satisfies Record<string, IntegerOperation>),
);

const FLOAT: ReadonlyMap<string, FloatOperation> = new Map<string, FloatOperation>(
  Object.entries({
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / nonZero(b),
    "//": (a, b) => floatDivmod(a, nonZero(b))[0],
    "%": (a, b) => floatDivmod(a, nonZero(b))[1],
    "**": floatPower,
  } satisfies Record<string, FloatOperation>),
);

/** `left operator right` for Python's arithmetic and bit operators. */
export function binary(operator: string, left: PyValue, right: PyValue, budget: Budget): PyValue {
  for (const side of [left, right]) if (side instanceof PyBaseReference) throw misusedReference(side);
  const a = asInteger(left);
  const b = asInteger(right);
  if (a !== undefined && b !== undefined) {
    const onBools = typeof left === "boolean" && typeof right === "boolean" && "&|^".includes(operator);
    const result = INTEGER.get(operator)?.(a, b, budget);
    if (typeof result === "bigint") budget.integer(bitLength(result));
    if (result !== undefined) return onBools ? Boolean(result) : result;
  }
  const float = FLOAT.get(operator);
  if (float && isNumber(left) && isNumber(right)) return float(toFloat(left), toFloat(right));
  return onContainers(operator, left, right, budget) ?? badOperands(operator, left, right);
}

function onContainers(operator: string, left: PyValue, right: PyValue, budget: Budget): PyValue | undefined {
  if (operator === "+") return concatenate(left, right, budget);
  if (operator === "*") {
    const [container, times] = asInteger(right) === undefined ? [right, asInteger(left)] : [left, asInteger(right)];
    return times === undefined ? undefined : repeat(container, times, budget);
  }
  if (operator === "%" && typeof left === "string") return formatPercent(left, right, budget);
  if (operator === "|" && left instanceof PyDict && right instanceof PyDict) {
    const merged = new PyDict(left.kind, left.position);
    for (const { key, value, position } of [...left.entries(), ...right.entries()]) merged.set(key, value, position);
    budget.spend(merged.size);
    return merged;
  }
  return undefined;
}

function concatenate(left: PyValue, right: PyValue, budget: Budget): PyValue | undefined {
  if (typeof left === "string" && typeof right === "string") {
    budget.string(left.length + right.length);
    return left + right;
  }
  if (!isSequence(left) || !isSequence(right) || left.constructor !== right.constructor) return undefined;
  budget.spend(left.items.length + right.items.length);
  const items = [...left.items, ...right.items];
  return left instanceof PyList ? new PyList(items, left.position) : new PyTuple(items, left.position);
}

function repeat(container: PyValue, times: bigint, budget: Budget): PyValue | undefined {
  const count = Number(times > 0n ? times : 0n);
  if (typeof container === "string") {
    budget.string(container.length * count);
    return container.repeat(count);
  }
  if (!isSequence(container)) return undefined;
  budget.spend(container.items.length * count);
  const items = container.items.length === 0 ? [] : Array.from({ length: count }, () => container.items).flat();
  return container instanceof PyList ? new PyList(items, container.position) : new PyTuple(items, container.position);
}

function badOperands(operator: string, left: PyValue, right: PyValue): never {
  const hint =
    operator === "+" && (typeof left === "string" || typeof right === "string")
      ? "Turn a number into text with str(...) or an f-string"
      : undefined;
  throw evaluationError(`\`${operator}\` does not work between ${kindOf(left)} and ${kindOf(right)}`, hint);
}

/** `-x`, `+x`, `~x`. */
export function unary(operator: string, operand: PyValue): PyValue {
  if (operand instanceof PyBaseReference) throw misusedReference(operand);
  const integer = asInteger(operand);
  if (operator === "~" && integer !== undefined) return ~integer;
  if (operator !== "~" && integer !== undefined) return operator === "-" ? -integer : integer;
  if (operator !== "~" && typeof operand === "number") return operator === "-" ? -operand : operand;
  throw evaluationError(`\`${operator}\` does not work on ${kindOf(operand)}`);
}

/** One of Python's comparison operators. */
export function compare(operator: string, left: PyValue, right: PyValue, budget: Budget): boolean {
  for (const side of [left, right]) if (side instanceof PyBaseReference) throw misusedReference(side);
  if (typeof left === "string") budget.spend(left.length / 256);
  if (typeof right === "string") budget.spend(right.length / 256);
  switch (operator) {
    case "==":
      return equal(left, right, budget);
    case "!=":
      return !equal(left, right, budget);
    case "in":
      return contains(right, left, budget);
    case "not in":
      return !contains(right, left, budget);
    case "is":
      return left === right;
    case "is not":
      return left !== right;
    default:
      return ordered(operator, order(left, right, operator, budget));
  }
}

function ordered(operator: string, sign: number): boolean {
  if (operator === "<") return sign < 0;
  if (operator === "<=") return sign <= 0;
  return operator === ">" ? sign > 0 : sign >= 0;
}

/** Negative, zero or positive as left is less than, equal to or greater than right; NaN when neither. */
export function order(left: PyValue, right: PyValue, operator: string, budget: Budget): number {
  if (isNumber(left) && isNumber(right)) return subtractSigns(comparable(left), comparable(right));
  if (typeof left === "string" && typeof right === "string") return orderStrings(left, right);
  if (isSequence(left) && isSequence(right) && left.constructor === right.constructor)
    return orderSequences(left.items, right.items, operator, budget);
  throw evaluationError(`\`${operator}\` does not work between ${kindOf(left)} and ${kindOf(right)}`);
}

function comparable(value: boolean | bigint | number): bigint | number {
  return typeof value === "boolean" ? BigInt(value) : value;
}

function subtractSigns(left: bigint | number, right: bigint | number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : 0;
}

/** By code point, as Python does; UTF-16 order differs beyond the basic plane. */
function orderStrings(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  const different = a.findIndex((character, index) => character !== b[index]);
  if (different < 0) return a.length - b.length;
  return (a[different]?.codePointAt(0) ?? -1) - (b[different]?.codePointAt(0) ?? -1);
}

function orderSequences(left: readonly PyValue[], right: readonly PyValue[], operator: string, budget: Budget): number {
  budget.spend(Math.min(left.length, right.length));
  const different = left.findIndex(
    (item, index) => index >= right.length || !equal(item, right[index] as PyValue, budget),
  );
  if (different < 0) return left.length - right.length;
  if (different >= right.length) return 1;
  return budget.nested(() => order(left[different] as PyValue, right[different] as PyValue, operator, budget));
}

/** Python's `==`: by value, 1 == 1.0 == True. */
export function equal(left: PyValue, right: PyValue, budget: Budget): boolean {
  if (left === right) return !Number.isNaN(left);
  if (isNumber(left) && isNumber(right)) return subtractSigns(comparable(left), comparable(right)) === 0;
  if (isSequence(left) && isSequence(right)) {
    budget.spend(left.items.length);
    const same = left.constructor === right.constructor && left.items.length === right.items.length;
    return (
      same && budget.nested(() => left.items.every((item, index) => equal(item, right.items[index] as PyValue, budget)))
    );
  }
  if (left instanceof PyDict && right instanceof PyDict) {
    budget.spend(left.size);
    const other = (key: PyValue): PyValue | undefined => right.get(key);
    return (
      left.size === right.size &&
      budget.nested(() =>
        left.entries().every(({ key, value }) => right.has(key) && equal(value, other(key) as PyValue, budget)),
      )
    );
  }
  return left instanceof PyLazyObject && right instanceof PyLazyObject && left.dottedName === right.dottedName;
}

function contains(container: PyValue, item: PyValue, budget: Budget): boolean {
  if (typeof container === "string" && typeof item === "string") return container.includes(item);
  if (container instanceof PyDict) return container.has(item);
  if (container instanceof PyRange) {
    const integer = typeof item === "number" && Number.isInteger(item) ? BigInt(item) : asInteger(item);
    if (integer === undefined || container.length === 0n) return false;
    const steps = (integer - container.start) / container.step;
    return steps >= 0n && steps < container.length && container.start + steps * container.step === integer;
  }
  if (isSequence(container) || container instanceof PyView) {
    budget.spend(container.items.length);
    return container.items.some((candidate) => candidate === item || equal(candidate, item, budget));
  }
  throw evaluationError(`\`in\` does not work between ${kindOf(item)} and ${kindOf(container)}`);
}

function isNumber(value: PyValue): value is boolean | bigint | number {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "boolean";
}

function toFloat(value: boolean | bigint | number): number {
  return typeof value === "bigint" ? finite(Number(value)) : Number(value);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw evaluationError("The integer is too large for a float");
  return value;
}

function nonZero<T extends bigint | number>(value: T): T {
  if (value === 0n || value === 0) throw evaluationError("Division by zero");
  return value;
}

function notNegative(value: bigint): bigint {
  if (value < 0n) throw evaluationError("A shift count must not be negative");
  return value;
}

function integerPower(base: bigint, exponent: bigint, budget: Budget): PyValue {
  if (exponent < 0n) return floatPower(finite(Number(base)), Number(exponent));
  const isSmallBase = base >= -1n && base <= 1n;
  if (!isSmallBase) budget.integer((bitLength(base) - 1) * Number(exponent));
  if (!isSmallBase) return base ** exponent;
  return base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : exponent === 0n ? 1n : base;
}

function floatPower(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) throw evaluationError("Zero cannot be raised to a negative power");
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw evaluationError("A negative number raised to a fraction is a complex number, which configs do not have");
  }
  if (base === 1 || exponent === 0) return 1; // Also for NaN, unlike JavaScript.
  if (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent)) return 1;
  const result = power(base, exponent);
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent))
    throw evaluationError("The result of `**` is too large for a float");
  return result;
}
