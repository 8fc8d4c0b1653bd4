import { PetageError, type SourcePosition } from "#lib/base/errors.ts";
import type { Budget } from "./budget.ts";
import { mergeConfigs } from "./merge.ts";
import { parseFloatText, parseIntegerText } from "#lib/config/language/python/builtins.ts";
import { PyDict, PyList, PyTuple, type PyValue, kindOf } from "#lib/config/language/python/values.ts";

/** A config with `--cfg-options` merged over it. Keys of digits index lists; unknown keys are made. */
export function applyOptions(config: PyDict, options: readonly string[], budget: Budget): PyDict {
  if (options.length === 0) return config;
  return mergeConfigs(nest(parseOptions(options, budget), budget), config, { listKeys: true, budget });
}

export interface ParsedOption {
  readonly value: PyValue;
  readonly position: SourcePosition;
}

/** The value of each dotted key, as mmengine's DictAction reads `KEY=VALUE`; the last of equal keys wins. */
export function parseOptions(options: readonly string[], budget: Budget): Map<string, ParsedOption> {
  const parsed = new Map<string, ParsedOption>();
  for (const option of options) {
    const split = option.indexOf("=");
    const position = { file: `--cfg-options ${option}`, line: 1, column: 1 };
    if (split < 0)
      throw optionError(
        `The option \`${option}\` has no \`=\``,
        position,
        "Write KEY=VALUE, for instance model.head.num_classes=10",
      );
    parsed.set(option.slice(0, split), { value: parseValue(option.slice(split + 1), position, budget), position });
  }
  return parsed;
}

function parseValue(text: string, position: SourcePosition, budget: Budget): PyValue {
  return budget.nested(() => {
    budget.spend(1 + text.length / 16);
    const bare = withoutQuotes(text).replaceAll(" ", "");
    const elements = (inner: string): PyValue[] =>
      splitElements(inner, position).map((element) => parseValue(element, position, budget));
    if (bare.startsWith("(") && bare.endsWith(")")) return new PyTuple(elements(bare.slice(1, -1)), position);
    if (bare.startsWith("[") && bare.endsWith("]")) return new PyList(elements(bare.slice(1, -1)), position);
    if (!bare.includes(",")) return parseAtom(bare);
    if (splitElements(bare, position)[0] === bare) {
      throw optionError(
        `\`${bare}\` is no value of an option`,
        position,
        "Options hold numbers, words, [lists] and (tuples); give a dict key by key: model.head.num_classes=10",
      );
    }
    return new PyList(elements(bare), position);
  });
}

/** Not by a pattern: for `'''''...x` that takes time by the square of the length. */
function withoutQuotes(text: string): string {
  const isQuote = (index: number): boolean => text[index] === "'" || text[index] === '"';
  let [start, end] = [0, text.length];
  while (start < end && isQuote(start)) start++;
  while (end > start && isQuote(end - 1)) end--;
  return text.slice(start, end);
}

/** The parts between the commas outside brackets; a comma at the end begins no other. One walk: options may be long. */
function splitElements(text: string, position: SourcePosition): string[] {
  const depths = { round: 0, square: 0 };
  const elements: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "(") depths.round++;
    else if (character === ")") depths.round--;
    else if (character === "[") depths.square++;
    else if (character === "]") depths.square--;
    else if (character === "," && depths.round === 0 && depths.square === 0) {
      elements.push(text.slice(start, index));
      start = index + 1;
    }
  }
  if (depths.round !== 0 || depths.square !== 0) {
    throw optionError(
      `The brackets of \`${text}\` are not balanced`,
      position,
      "Close each [ and ( ; quote the option for the shell",
    );
  }
  return start < text.length ? [...elements, text.slice(start)] : elements;
}

function parseAtom(text: string): PyValue {
  const number = parseIntegerText(text) ?? parseFloatText(text);
  if (number !== undefined) return number;
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return text === "None" ? null : text;
}

/** Dotted keys as nested dicts. */
function nest(options: ReadonlyMap<string, ParsedOption>, budget: Budget): PyDict {
  const root = new PyDict("ConfigDict");
  for (const [path, { value, position }] of options) {
    const keys = path.split(".");
    budget.spend(keys.length);
    let dict = root;
    for (const key of keys.slice(0, -1)) {
      if (!dict.has(key)) dict.set(key, new PyDict("ConfigDict", position), position);
      const inner = dict.get(key) ?? null;
      if (!(inner instanceof PyDict))
        throw optionError(
          `\`${path}\` needs a dict where another option sets ${kindOf(inner)}`,
          position,
          "Give each key once",
        );
      dict = inner;
    }
    dict.set(keys.at(-1) ?? "", value, position);
  }
  return root;
}

function optionError(message: string, position: SourcePosition, hint: string): PetageError {
  return new PetageError("CONFIG_INVALID_VALUE", message, { position, hint });
}
