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
    const bare = text.replaceAll(/^['"]+|['"]+$/g, "").replaceAll(" ", "");
    if (bare.startsWith("(") && bare.endsWith(")"))
      return new PyTuple(parseElements(bare.slice(1, -1), position, budget), position);
    if (bare.startsWith("[") && bare.endsWith("]"))
      return new PyList(parseElements(bare.slice(1, -1), position, budget), position);
    if (!bare.includes(",")) return parseAtom(bare);
    if (nextComma(bare, position) === bare.length) {
      throw optionError(
        `\`${bare}\` is no value of an option`,
        position,
        "Options hold numbers, words, [lists] and (tuples); give a dict key by key: model.head.num_classes=10",
      );
    }
    return new PyList(parseElements(bare, position, budget), position);
  });
}

function parseElements(text: string, position: SourcePosition, budget: Budget): PyValue[] {
  const elements: PyValue[] = [];
  for (let rest = text; rest !== "";) {
    const comma = nextComma(rest, position);
    elements.push(parseValue(rest.slice(0, comma), position, budget));
    rest = rest.slice(comma + 1);
  }
  return elements;
}

/** Where the first comma outside brackets is, or the end. */
function nextComma(text: string, position: SourcePosition): number {
  const count = (character: string): number => text.split(character).length - 1;
  if (count("(") !== count(")") || count("[") !== count("]")) {
    throw optionError(
      `The brackets of \`${text}\` are not balanced`,
      position,
      "Close each [ and ( ; quote the option for the shell",
    );
  }
  let round = 0;
  let square = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === "," && round === 0 && square === 0) return index;
    round += Number(character === "(") - Number(character === ")");
    square += Number(character === "[") - Number(character === "]");
  }
  return text.length;
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
