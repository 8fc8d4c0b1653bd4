import { bind, integerArgument, stringArgument } from "./arguments.ts";
import { fill, lengthOf, sortValues } from "./builtins.ts";
import { formatTemplate } from "./format.ts";
import { mergeConfigDict } from "./merge-method.ts";
import { equal } from "./operators.ts";
import { deepCopy, iterate, setItem } from "./runtime.ts";
import {
  PyDict,
  PyList,
  PyTuple,
  PyView,
  evaluationError,
  hash,
  typeName,
  type Arguments,
  type PyValue,
  type Runtime,
} from "./values.ts";

type Method<Self> = (self: Self, given: Arguments, runtime: Runtime) => PyValue;

const LIST = {
  append(self, given, { budget }) {
    budget.spend(1);
    self.items.push(bind(given, "append", ["object"])[0] ?? null);
    return null;
  },
  clear(self) {
    self.items = [];
    return null;
  },
  copy: (self, _given, { budget }) => {
    budget.spend(self.items.length);
    return new PyList([...self.items], self.position);
  },
  count: (self, given, { budget }) => countOf(self.items, given, budget),
  extend(self, given, { budget }) {
    self.items.push(
      ...iterate(new PyTuple([...iterate(bind(given, "extend", ["iterable"])[0] ?? null, budget)]), budget),
    );
    return null;
  },
  index: (self, given, { budget }) => indexOf(self.items, given, budget),
  insert(self, given, { budget }) {
    const [index, item = null] = bind(given, "insert", ["index", "object"]);
    budget.spend(1 + self.items.length / 64);
    self.items.splice(Number(integerArgument(index, "insert()")), 0, item);
    return null;
  },
  pop(self, given, { budget }) {
    budget.spend(self.items.length / 64);
    const [index = -1n] = bind(given, "pop", ["index"], 0);
    const at = Number(integerArgument(index, "pop()"));
    const [item] = self.items.splice(at < 0 && -at > self.items.length ? self.items.length : at, 1);
    if (item === undefined) throw evaluationError(`pop() index ${at} lies outside a list of ${self.items.length}`);
    return item;
  },
  remove(self, given, { budget }) {
    self.items.splice(Number(indexOf(self.items, given, budget)), 1);
    return null;
  },
  reverse(self) {
    self.items.reverse();
    return null;
  },
  sort(self, given, runtime) {
    self.items = sortValues([...self.items], "sort", given, runtime);
    return null;
  },
} satisfies Record<string, Method<PyList>>;

const TUPLE = {
  count: (self, given, { budget }) => countOf(self.items, given, budget),
  index: (self, given, { budget }) => indexOf(self.items, given, budget),
} satisfies Record<string, Method<PyTuple>>;

const DICT = {
  clear(self) {
    self.clear();
    return null;
  },
  copy: (self, _given, { budget }) => {
    const copy = new PyDict(self.kind, self.position);
    fill(copy, self, budget);
    return copy;
  },
  get(self, given) {
    const [key = null, fallback = null] = bind(given, "get", ["key", "default"], 1);
    return self.get(key) ?? (self.has(key) ? null : fallback);
  },
  items: (self, _given, { budget }) => view(self, "dict_items", budget, ({ key, value }) => new PyTuple([key, value])),
  keys: (self, _given, { budget }) => view(self, "dict_keys", budget, ({ key }) => key),
  pop(self, given) {
    const [key = null, fallback] = bind(given, "pop", ["key", "default"], 1);
    const value = self.has(key) ? self.get(key) : fallback;
    if (value === undefined) throw missingKey(key, self);
    self.delete(key);
    return value;
  },
  popitem(self, _given, { budget }) {
    budget.spend(self.size);
    const last = self.entries().at(-1);
    if (!last) throw evaluationError("popitem() of an empty dict");
    self.delete(last.key);
    return new PyTuple([last.key, last.value]);
  },
  setdefault(self, given, { budget }) {
    const [key = null, fallback = null] = bind(given, "setdefault", ["key", "default"], 1);
    if (!self.has(key)) setItem(self, key, fallback, { position: given.position, budget });
    return self.get(key) ?? null;
  },
  update(self, given, { budget }) {
    const [other] = bind({ ...given, keywords: new Map() }, "update", ["other"], 0);
    const changes = new PyDict("dict");
    if (other !== undefined) fill(changes, other, budget);
    for (const [name, { value, position }] of given.keywords) changes.set(name, value, position);
    updateDict(self, changes, budget);
    return null;
  },
  values: (self, _given, { budget }) => view(self, "dict_values", budget, ({ value }) => value),
} satisfies Record<string, Method<PyDict>>;

/** What mmengine's ConfigDict has beyond a dict. */
const CONFIG_DICT = {
  merge(self, given, { budget }) {
    const [other = null] = bind(given, "merge", ["other"]);
    mergeConfigDict(self, deepCopy(other, budget), budget);
    return null;
  },
} satisfies Record<string, Method<PyDict>>;

const STRING = {
  capitalize: (self) => self.charAt(0).toUpperCase() + self.slice(1).toLowerCase(),
  count: (self, given) => BigInt(self.split(stringArgument(bind(given, "count", ["sub"])[0], "count()")).length - 1),
  endswith: (self, given) => affixes(given, "endswith").some((suffix) => self.endsWith(suffix)),
  find: (self, given) => findIn(self, bind(given, "find", ["sub"])[0]),
  format(self, given, { budget }) {
    return formatTemplate(self, given.positional, (name) => given.keywords.get(name)?.value, budget);
  },
  index(self, given) {
    const at = findIn(self, bind(given, "index", ["sub"])[0]);
    if (at < 0n) throw evaluationError("index() did not find the substring");
    return at;
  },
  isdigit: (self) => /^\d+$/.test(self),
  join(self, given, { budget }) {
    const parts = [...iterate(bind(given, "join", ["iterable"])[0] ?? null, budget)].map((item) =>
      stringArgument(item, "join()"),
    );
    budget.string(parts.reduce((sum, part) => sum + part.length + self.length, 0));
    return parts.join(self);
  },
  ljust: (self, given, { budget }) => justify(self, given, "ljust", budget),
  lower: (self) => self.toLowerCase(),
  lstrip: (self, given) => strip(self, given, "start"),
  removeprefix(self, given) {
    const prefix = stringArgument(bind(given, "removeprefix", ["prefix"])[0], "removeprefix()");
    return self.startsWith(prefix) ? self.slice(prefix.length) : self;
  },
  removesuffix(self, given) {
    const suffix = stringArgument(bind(given, "removesuffix", ["suffix"])[0], "removesuffix()");
    return suffix !== "" && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
  },
  replace: replaceIn,
  rfind: (self, given) =>
    codePointIndex(self, self.lastIndexOf(stringArgument(bind(given, "rfind", ["sub"])[0], "rfind()"))),
  rjust: (self, given, { budget }) => justify(self, given, "rjust", budget),
  rsplit: (self, given, { budget }) => split(self, given, "end", budget),
  rstrip: (self, given) => strip(self, given, "end"),
  split: (self, given, { budget }) => split(self, given, "start", budget),
  splitlines: (self, _given, { budget }) => {
    budget.spend(self.length);
    return new PyList(self === "" ? [] : self.replace(/\r?\n$/, "").split(/\r?\n/));
  },
  startswith: (self, given) => affixes(given, "startswith").some((prefix) => self.startsWith(prefix)),
  strip: (self, given) => strip(self, given, "both"),
  title: (self) => self.toLowerCase().replaceAll(/\p{L}+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1)),
  upper: (self) => self.toUpperCase(),
  zfill(self, given, { budget }) {
    const width = Number(integerArgument(bind(given, "zfill", ["width"])[0], "zfill()"));
    budget.string(width);
    const sign = /^[+-]/.exec(self)?.[0] ?? "";
    return sign + self.slice(sign.length).padStart(width - sign.length, "0");
  },
} satisfies Record<string, Method<string>>;

type BoundMethod = (given: Arguments, runtime: Runtime) => PyValue;

/** The method of a value by name, bound to it; undefined when it has none of that name. */
export function methodOf(value: PyValue, name: string): BoundMethod | undefined {
  if (typeof value === "string") return bound(STRING, value, name);
  if (value instanceof PyList) return bound(LIST, value, name);
  if (value instanceof PyTuple) return bound(TUPLE, value, name);
  if (!(value instanceof PyDict)) return undefined;
  return bound(DICT, value, name) ?? (value.kind === "ConfigDict" ? bound(CONFIG_DICT, value, name) : undefined);
}

/** Names of the methods of a value. */
export function methodNames(value: PyValue): string[] {
  if (typeof value === "string") return Object.keys(STRING);
  if (value instanceof PyList) return Object.keys(LIST);
  return value instanceof PyDict ? Object.keys(DICT) : Object.keys(value instanceof PyTuple ? TUPLE : {});
}

function bound<Self>(table: Readonly<Record<string, Method<Self>>>, self: Self, name: string): BoundMethod | undefined {
  const method = Object.hasOwn(table, name) ? table[name] : undefined;
  return (
    method &&
    ((given, runtime) => {
      if (typeof self === "string") runtime.budget.spend(self.length / 64); // Most methods look at every character.
      return method(self, given, runtime);
    })
  );
}

/** The error of reading a key that is not there. */
export function missingKey(key: PyValue, dict: PyDict): Error {
  const name = typeof key === "string" ? key : hash(key).slice(1);
  const known = dict.names().map((candidate) => `\`${candidate}\``);
  return evaluationError(
    `The ${dict.kind} has no key \`${name}\``,
    known.length > 0 ? `It has ${known.slice(0, 20).join(", ")}` : "It is empty",
  );
}

/** A ConfigDict updates nested dicts key by key; a dict replaces them. */
function updateDict(self: PyDict, changes: PyDict, budget: Runtime["budget"]): void {
  for (const { key, value, position } of changes.entries()) {
    const old = self.get(key);
    const isNested = self.kind === "ConfigDict" && old instanceof PyDict && value instanceof PyDict;
    if (isNested) budget.nested(() => updateDict(old, value, budget));
    else setItem(self, key, value, { position, budget });
  }
}

function view(
  self: PyDict,
  name: string,
  budget: Runtime["budget"],
  pick: (entry: { key: PyValue; value: PyValue }) => PyValue,
): PyView {
  budget.spend(self.size);
  return new PyView(name, self.entries().map(pick));
}

function countOf(items: readonly PyValue[], given: Arguments, budget: Runtime["budget"]): bigint {
  const [wanted = null] = bind(given, "count", ["object"]);
  budget.spend(items.length);
  return BigInt(items.filter((item) => equal(item, wanted, budget)).length);
}

function indexOf(items: readonly PyValue[], given: Arguments, budget: Runtime["budget"]): bigint {
  const [wanted = null] = bind(given, "index", ["object"]);
  budget.spend(items.length);
  const index = items.findIndex((item) => equal(item, wanted, budget));
  if (index < 0) throw evaluationError(`The ${typeName(wanted)} is not in the list`);
  return BigInt(index);
}

function affixes(given: Arguments, name: string): string[] {
  const [affix = null] = bind(given, name, ["affix"]);
  return (affix instanceof PyTuple ? affix.items : [affix]).map((item) => stringArgument(item, `${name}()`));
}

function findIn(self: string, wanted: PyValue | undefined): bigint {
  return codePointIndex(self, self.indexOf(stringArgument(wanted, "find()")));
}

function codePointIndex(text: string, index: number): bigint {
  return index < 0 ? -1n : BigInt(lengthOf(text.slice(0, index)));
}

function replaceIn(self: string, given: Arguments, { budget }: Runtime): string {
  const [from, to, count = -1n] = bind(given, "replace", ["old", "new", "count"], 2);
  const wanted = stringArgument(from, "replace()");
  const pieces = wanted === "" ? ["", ...self, ""] : self.split(wanted);
  const limit = Number(integerArgument(count, "replace()"));
  const replacement = stringArgument(to, "replace()");
  budget.string(self.length + pieces.length * replacement.length);
  if (limit < 0 || limit >= pieces.length) return pieces.join(replacement);
  return [pieces.slice(0, limit + 1).join(replacement), ...pieces.slice(limit + 1)].join(wanted);
}

function justify(self: string, given: Arguments, name: "ljust" | "rjust", budget: Runtime["budget"]): string {
  const [width, fillCharacter = " "] = bind(given, name, ["width", "fillchar"], 1);
  const length = Number(integerArgument(width, `${name}()`));
  budget.string(length);
  const fillText = stringArgument(fillCharacter, `${name}()`);
  return name === "ljust" ? self.padEnd(length, fillText) : self.padStart(length, fillText);
}

function strip(self: string, given: Arguments, side: "start" | "end" | "both"): string {
  const [characters = null] = bind(given, "strip", ["chars"], 0);
  const set = characters === null ? undefined : new Set(stringArgument(characters, "strip()"));
  const goes = (character: string): boolean => (set ? set.has(character) : /\s/.test(character));
  const all = Array.from(self);
  const first = side === "end" ? 0 : all.findIndex((character) => !goes(character));
  if (first < 0) return "";
  const last = side === "start" ? all.length - 1 : all.findLastIndex((character) => !goes(character));
  return all.slice(first, last + 1).join("");
}

/** `split` counts its limit from the start, `rsplit` from the end. */
function split(self: string, given: Arguments, from: "start" | "end", budget: Runtime["budget"]): PyList {
  const [separator = null, most = -1n] = bind(given, "split", ["sep", "maxsplit"], 0);
  const limit = Number(integerArgument(most, "split()"));
  const wanted = separator === null ? /\s+/g : stringArgument(separator, "split()");
  if (wanted === "") throw evaluationError("split() needs a separator that is not empty");
  const text = separator === null ? self.trim() : self;
  budget.spend(text.length);
  if (separator === null && text === "") return new PyList([]);
  const gaps =
    typeof wanted === "string"
      ? occurrences(text, wanted)
      : [...text.matchAll(wanted)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  const used =
    limit < 0 ? gaps : from === "start" ? gaps.slice(0, limit) : gaps.slice(Math.max(0, gaps.length - limit));
  const starts = [0, ...used.map((gap) => gap.end)];
  return new PyList(starts.map((start, index) => text.slice(start, used[index]?.start)));
}

function occurrences(text: string, wanted: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length))
    found.push({ start: at, end: at + wanted.length });
  return found;
}
