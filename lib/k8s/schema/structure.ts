import { didYouMean } from "#lib/config/nearest.ts";
import { isObject, join, partsOf } from "./schema.ts";
import type { Fields, Problem, Schema } from "./schema.ts";

/** What a value has that its schema does not know; an API server calls it so in strict mode. */
export function* unknownFields(schema: Schema, value: unknown, path = ""): Generator<Problem> {
  const { properties, additionalProperties } = schema;
  const keepsAll = schema["x-kubernetes-preserve-unknown-fields"] === true || additionalProperties !== undefined;
  if (properties && isObject(value) && !keepsAll) {
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(properties, name)) continue;
      const hint = didYouMean(name, Object.keys(properties));
      yield { path, message: `unknown field "${join(path, name)}"`, hint };
    }
  }
  for (const [inner, part, at] of partsOf(schema, value, path)) yield* unknownFields(inner, part, at);
}

/** Where a value breaks types, bounds and lists of its schema, in the API server's words. */
export function* structuralProblems(schema: Schema, value: unknown, path = ""): Generator<Problem> {
  const wrong = typeProblem(schema, value);
  if (wrong !== undefined) {
    yield { path, message: wrong };
    return;
  }
  for (const message of boundProblems(schema, value)) yield { path, message };
  if (Array.isArray(value) && schema["x-kubernetes-list-type"] === "set") yield* repeated(value, path);
  if (isObject(value)) yield* missing(schema, value, path);
  for (const [inner, part, at] of partsOf(schema, value, path)) yield* structuralProblems(inner, part, at);
}

function typeProblem(schema: Schema, value: unknown): string | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) {
    const fits = typeof value === "string" || Number.isSafeInteger(value);
    return fits ? undefined : `Invalid value: ${shown(value)}: must be of type integer or string`;
  }
  const { type } = schema;
  if (type === undefined || isOfType(type, value)) return undefined;
  return `Invalid value: ${shown(value)}: must be of type ${type}`;
}

function isOfType(type: NonNullable<Schema["type"]>, value: unknown): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
  }
}

function* boundProblems(schema: Schema, value: unknown): Generator<string> {
  const invalid = `Invalid value: ${shown(value)}`;
  if (schema.enum && !schema.enum.includes(value)) {
    yield `Unsupported value: ${shown(value)}: supported values: ${schema.enum.map(shown).join(", ")}`;
  }
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    if (value < minimum) yield `${invalid}: should be greater than or equal to ${minimum}`;
    if (value > maximum) yield `${invalid}: should be less than or equal to ${maximum}`;
  }
  if (typeof value === "string") {
    const { minLength = 0, maxLength = Infinity } = schema;
    const length = [...value].length;
    if (length < minLength) yield `${invalid}: should be at least ${minLength} chars long`;
    if (length > maxLength) yield `Too long: may not be more than ${maxLength} characters`;
  }
  yield* countProblems(schema, value);
}

function* countProblems(schema: Schema, value: unknown): Generator<string> {
  const { minItems = 0, maxItems = Infinity, maxProperties = Infinity } = schema;
  if (Array.isArray(value)) {
    if (value.length < minItems) yield `Invalid value: ${shown(value)}: should have at least ${minItems} items`;
    if (value.length > maxItems) yield `Too many: ${value.length}: must have at most ${maxItems} items`;
  }
  const count = isObject(value) ? Object.keys(value).length : 0;
  if (count > maxProperties) yield `Too many: ${count}: must have at most ${maxProperties} properties`;
}

function* repeated(items: readonly unknown[], path: string): Generator<Problem> {
  for (const [index, item] of items.entries()) {
    if (items.indexOf(item) < index) yield { path: `${path}[${index}]`, message: `Duplicate value: ${shown(item)}` };
  }
}

function* missing({ required = [] }: Schema, value: Fields, path: string): Generator<Problem> {
  for (const name of required) {
    if (value[name] === undefined || value[name] === null) yield { path: join(path, name), message: "Required value" };
  }
}

/** Longest value that a message quotes. */
const MAX_SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}...` : text;
}
