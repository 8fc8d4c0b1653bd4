import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from "yaml";
import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import type { Budget } from "./budget.ts";
import { PyBaseReference, PyDict, PyList, type PyValue } from "#lib/config/language/python/values.ts";
import type { SourceText } from "./source.ts";

const REFERENCE = /\{\{\s*_base_\.([\w.]+)\s*\}\}/g;
/** Private-use characters mark a base variable while the text is parsed as YAML or JSON. */
const MARK = "\uE000";
const MOST_ALIASES = 1000;

/** The top level of a YAML or JSON config. Throws CONFIG_SYNTAX with a position. */
export function parseDataFile(source: SourceText, kind: "yaml" | "json", budget: Budget): PyDict {
  const marked = source.replace(REFERENCE, ([, path = ""]) => `"${MARK}${path}${MARK}"`);
  const dialect = kind === "json" ? ({ schema: "json" } as const) : ({ version: "1.1", merge: true } as const);
  const document = parseDocument(marked.text, { intAsBigInt: true, prettyErrors: false, ...dialect });
  const [error] = document.errors;
  if (error) throw parserError(error, marked.position(error.pos[0]));
  if (kind === "json") checkJson(marked);
  const isEmpty = document.contents === null;
  const value = isEmpty ? new PyDict() : new DataReader(marked, document, budget).read(document.contents);
  if (value instanceof PyDict) return value;
  throw syntaxError("The config is not a mapping of names to values", marked.position(0));
}

function parserError(error: YAMLError, position: SourcePosition): PetageError {
  const isTooDeep = error.code === "RESOURCE_EXHAUSTION" || error.message.includes("call stack");
  if (isTooDeep) return new PetageError("CONFIG_LIMIT", "The config nests too deep", { position });
  return syntaxError(error.message, position);
}

/** The YAML parser, which knows positions, takes a little more than JSON. */
function checkJson(source: SourceText): void {
  try {
    JSON.parse(source.text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
    const reason = message.replace(/ \(line.*$| in JSON at position.*$/, "");
    throw syntaxError(`Not valid JSON: ${reason}`, source.position(offset));
  }
}

class DataReader {
  readonly #source: SourceText;
  readonly #document: Document;
  readonly #budget: Budget;
  #aliases = 0;

  constructor(source: SourceText, document: Document, budget: Budget) {
    this.#source = source;
    this.#document = document;
    this.#budget = budget;
  }

  read(node: unknown): PyValue {
    this.#budget.spend(1);
    return this.#budget.nested(() => this.#read(node as Node));
  }

  #read(node: Node): PyValue {
    if (isMap(node)) return this.#map(node.items, this.#position(node));
    if (isSeq(node))
      return new PyList(
        node.items.map((item) => this.read(item)),
        this.#position(node),
      );
    if (isAlias(node)) {
      if (++this.#aliases > MOST_ALIASES)
        throw new PetageError("CONFIG_LIMIT", `The config uses more than ${MOST_ALIASES} aliases`, {
          position: this.#position(node),
        });
      return this.read(node.resolve(this.#document));
    }
    return isScalar(node) ? this.#scalar(node.value, node) : null;
  }

  #map(pairs: readonly Pair[], position: SourcePosition): PyDict {
    const dict = new PyDict("dict", position);
    for (const { key, value } of pairs) {
      if (isScalar(key) && typeof key.value === "symbol") this.#mergeKey(dict, this.read(value));
      else dict.set(this.read(key), value === null ? null : this.read(value), this.#position(key as Node));
    }
    return dict;
  }

  /** YAML's `<<`: what is written in the map itself wins. */
  #mergeKey(dict: PyDict, merged: PyValue): void {
    for (const source of merged instanceof PyList ? merged.items : [merged]) {
      if (!(source instanceof PyDict)) continue;
      for (const entry of source.entries()) if (!dict.has(entry.key)) dict.set(entry.key, entry.value, entry.position);
    }
  }

  #scalar(value: unknown, node: Node): PyValue {
    if (typeof value === "string") return this.#text(value, node);
    // PyYAML does not read YAML 1.1's `y` and `n` as booleans either.
    if (typeof value === "boolean") return /^[yn]$/i.test(this.#written(node)) ? this.#written(node) : value;
    if (value === null || typeof value === "bigint") return value;
    // PyYAML, which mmengine reads with, takes `1e-3` for text: YAML 1.1 wants a point and a signed exponent.
    if (typeof value === "number")
      return isYaml11Float(this.#written(node)) || this.#isJson() ? value : this.#written(node);
    throw new PetageError("CONFIG_UNSUPPORTED", "Dates, sets and binary data are not supported in a config", {
      position: this.#position(node),
      hint: "Put the value in quotes",
    });
  }

  #text(value: string, node: Node): PyValue {
    if (!value.includes(MARK)) return value;
    const path = new RegExp(`^${MARK}([\\w.]+)${MARK}$`).exec(value)?.[1];
    if (path !== undefined) return new PyBaseReference(path, this.#position(node));
    throw new PetageError("CONFIG_EVALUATION", "A {{_base_...}} stands inside a string, where it cannot be replaced", {
      position: this.#position(node),
      hint: "A base variable can only stand for a whole value",
    });
  }

  #isJson(): boolean {
    return this.#document.schema?.name === "json";
  }

  #written(node: Node): string {
    return this.#source.text.slice(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
  }

  #position(node: Node): SourcePosition {
    return this.#source.position(node.range?.[0] ?? 0);
  }
}

function isYaml11Float(text: string): boolean {
  return /^[-+]?(\d[\d_]*\.[\d_]*|\.[\d_]+)([eE][-+]\d+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$|:/.test(text);
}

function syntaxError(message: string, position: SourcePosition): PetageError {
  return new PetageError("CONFIG_SYNTAX", message, { position });
}
