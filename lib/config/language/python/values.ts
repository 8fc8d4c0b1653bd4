import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import { floatRepr } from "./numbers.ts";
import type { Budget } from "#lib/config/language/budget.ts";

/** What the evaluation of one config may use of the world. */
export interface Runtime {
  readonly budget: Budget;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Python values. `bigint` is int and `number` is float, so that `10 / 2` stays 5.0; lists and dicts are objects with
 * reference semantics, so that aliases and mutation behave. No host object is ever a value.
 */
export type PyValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | PyList
  | PyTuple
  | PyDict
  | PyRange
  | PyView
  | PyFunction
  | PyModule
  | PyLazyObject
  | PyBaseReference;

export class PyList {
  items: PyValue[];
  readonly position: SourcePosition | undefined;

  constructor(items: PyValue[], position?: SourcePosition) {
    this.items = items;
    this.position = position;
  }
}

export class PyTuple {
  readonly items: readonly PyValue[];
  readonly position: SourcePosition | undefined;

  constructor(items: readonly PyValue[], position?: SourcePosition) {
    this.items = items;
    this.position = position;
  }
}

export interface DictEntry {
  readonly key: PyValue;
  readonly value: PyValue;
  /** Where the key was written. */
  readonly position: SourcePosition | undefined;
}

/** A dict, or mmengine's ConfigDict, whose keys can also be read and written as attributes. */
export class PyDict {
  readonly kind: "dict" | "ConfigDict";
  readonly position: SourcePosition | undefined;
  readonly #entries = new Map<string, DictEntry>();

  constructor(kind: "dict" | "ConfigDict" = "dict", position?: SourcePosition) {
    this.kind = kind;
    this.position = position;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: PyValue): boolean {
    return this.#entries.has(hash(key));
  }

  get(key: PyValue): PyValue | undefined {
    return this.entry(key)?.value;
  }

  entry(key: PyValue): DictEntry | undefined {
    return this.#entries.get(hash(key));
  }

  set(key: PyValue, value: PyValue, position?: SourcePosition): void {
    const name = hash(key);
    this.#entries.set(name, { key: this.#entries.get(name)?.key ?? key, value, position });
  }

  delete(key: PyValue): boolean {
    return this.#entries.delete(hash(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  entries(): DictEntry[] {
    return [...this.#entries.values()];
  }

  /** The keys that are strings. */
  names(): string[] {
    return this.entries().flatMap(({ key }) => (typeof key === "string" ? [key] : []));
  }
}

export class PyRange {
  readonly start: bigint;
  readonly stop: bigint;
  readonly step: bigint;

  constructor(start: bigint, stop: bigint, step: bigint) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }

  get length(): bigint {
    const span = this.step > 0n ? this.stop - this.start + this.step - 1n : this.start - this.stop - this.step - 1n;
    const size = this.step > 0n ? this.step : -this.step;
    return span < size ? 0n : span / size;
  }
}

/** What `zip`, `dict.items()`, a generator expression and their like give: elements that can only be visited. */
export class PyView {
  readonly type: string;
  readonly items: readonly PyValue[];

  constructor(type: string, items: readonly PyValue[]) {
    this.type = type;
    this.items = items;
  }
}

export interface Keyword {
  readonly value: PyValue;
  readonly position: SourcePosition | undefined;
}

export interface Arguments {
  readonly positional: readonly PyValue[];
  readonly keywords: ReadonlyMap<string, Keyword>;
  /** Where the call stands. */
  readonly position: SourcePosition | undefined;
}

/** A function or a type: built in, or written in the config. */
export class PyFunction {
  readonly name: string;
  readonly builtIn: boolean;
  readonly call: (given: Arguments, runtime: Runtime) => PyValue;

  constructor(name: string, call: (given: Arguments, runtime: Runtime) => PyValue, builtIn = true) {
    this.name = name;
    this.call = call;
    this.builtIn = builtIn;
  }
}

export class PyModule {
  readonly name: string;
  readonly members: ReadonlyMap<string, PyValue>;

  constructor(name: string, members: ReadonlyMap<string, PyValue>) {
    this.name = name;
    this.members = members;
  }
}

/** A name imported by a new-style config: never loaded, it stands for its dotted name. */
export class PyLazyObject {
  readonly dottedName: string;

  constructor(dottedName: string) {
    this.dottedName = dottedName;
  }
}

/** `{{_base_.a.b}}`: stands for a value of the bases until this file is evaluated. */
export class PyBaseReference {
  readonly path: string;
  readonly position: SourcePosition;

  constructor(path: string, position: SourcePosition) {
    this.path = path;
    this.position = position;
  }
}

/** An error of evaluation. The evaluator adds the position of the expression at hand. */
export function evaluationError(message: string, hint?: string): PetageError {
  return new PetageError("CONFIG_EVALUATION", message, hint === undefined ? {} : { hint });
}

export function unsupported(what: string, hint?: string): PetageError {
  return new PetageError("CONFIG_UNSUPPORTED", `${what} is not supported in a config`, {
    hint:
      hint ??
      "Configs are evaluated as data: literals, dict(), arithmetic, comprehensions, loops and functions of your own",
  });
}

/** Python's name for the type of a value. */
export function typeName(value: PyValue): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "str";
  if (value instanceof PyList) return "list";
  if (value instanceof PyTuple) return "tuple";
  if (value instanceof PyDict) return value.kind;
  if (value instanceof PyRange) return "range";
  if (value instanceof PyView) return value.type;
  if (value instanceof PyFunction) return "function";
  if (value instanceof PyModule) return "module";
  return value instanceof PyLazyObject ? "LazyObject" : "base variable";
}

/** The type with its article: "an int", "a list". */
export function kindOf(value: PyValue): string {
  const name = typeName(value);
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Tuples may nest this deep in a key of a dict. */
const DEEPEST_KEY = 4;

/** A string that is equal for keys that Python holds equal: 1, 1.0 and True are one key. */
export function hash(key: PyValue, depth = 0): string {
  if (typeof key === "string") return `s${key}`;
  if (key === null) return "None";
  if (typeof key === "boolean") return key ? "n1" : "n0";
  if (typeof key === "bigint") return `n${key}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `n${key}`;
  if (key instanceof PyTuple && depth < DEEPEST_KEY)
    return `t(${key.items.map((item) => JSON.stringify(hash(item, depth + 1))).join(",")})`;
  if (key instanceof PyLazyObject) return `l${key.dottedName}`;
  throw evaluationError(`${capitalized(kindOf(key))} cannot be a key of a dict`);
}

/** A key of a dict as JSON writes it: text stays as it is, numbers become text. */
export function keyText(key: PyValue): string {
  if (typeof key === "string") return key;
  if (key === null) return "null";
  if (typeof key === "number") return floatRepr(key);
  if (key instanceof PyLazyObject) return key.dottedName;
  if (key instanceof PyTuple) return `(${key.items.map(keyText).join(", ")})`;
  return typeof key === "object" ? typeName(key) : String(key);
}

export function isSequence(value: PyValue): value is PyList | PyTuple {
  return value instanceof PyList || value instanceof PyTuple;
}

/** How many elements a container holds. */
export function sizeOf(container: PyList | PyTuple | PyDict): number {
  return container instanceof PyDict ? container.size : container.items.length;
}

/** An int or a bool as an int; undefined for others. */
export function asInteger(value: PyValue): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "boolean" ? BigInt(value) : undefined;
}

export function truthy(value: PyValue): boolean {
  if (value === null) return false;
  if (value instanceof PyBaseReference) throw misusedReference(value);
  if (isSequence(value)) return value.items.length > 0;
  if (value instanceof PyDict) return value.size > 0;
  if (value instanceof PyRange) return value.length > 0n;
  return typeof value === "object" ? true : Boolean(value) || Number.isNaN(value);
}

/** The error of using `{{_base_.x}}` as anything but a whole value. */
export function misusedReference(reference: PyBaseReference): PetageError {
  return new PetageError("CONFIG_EVALUATION", `{{_base_.${reference.path}}} can only stand for a whole value`, {
    position: reference.position,
    hint: `Write _base_.${reference.path} without braces to compute with it`,
  });
}
