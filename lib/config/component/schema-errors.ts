import { z } from "zod";
import type { ConfigValue } from "#lib/config/value.ts";
import { dumpValue } from "#lib/config/print/dump.ts";

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

const LONGEST_VALUE = 60;

export interface Refused {
  readonly path: string;
  readonly value: ConfigValue | undefined;
  /** What has the key: the component's type. */
  readonly owner: string;
}

/** A sentence about a value that a schema refused, and what to do. */
export function describeIssue(
  issue: Issue,
  { path, value, owner }: Refused,
): { readonly message: string; readonly hint?: string } {
  if (value === undefined) {
    const [key, ...around] = path.split(".").toReversed();
    return { message: `\`${around.toReversed().join(".")}\`: ${owner} needs \`${key}\`` };
  }
  const shown = dumpValue(value);
  const short = shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE)}...` : shown;
  const looksNumeric = typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
  const hint = looksNumeric ? "The number is written as text; in YAML write 1.0e-3, not 1e-3" : undefined;
  return { message: `\`${path}\` is ${short}, expected ${expectation(issue)}`, ...(hint !== undefined && { hint }) };
}

/** What a schema wanted, in the words of someone who writes Python. */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return pythonType(issue.expected);
    case "invalid_value":
      return issue.values.map((value) => dumpValue(value as ConfigValue)).join(" or ");
    case "too_small":
      return `${sized(issue.origin)} ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return `${sized(issue.origin)} ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_union": {
      const wanted = issue.errors.flatMap(ofBranch);
      return wanted.length > 0 ? [...new Set(wanted)].join(" or ") : issue.message;
    }
    default:
      return issue.message.replace(/^(Invalid input: )?expected /, "");
  }
}

/** What a branch of a union wanted: of the value itself, or of what a list holds, its first item standing for all. */
function ofBranch(branch: readonly Issue[]): string[] {
  const [first] = branch;
  if (first?.path.length === 1 && typeof first.path[0] === "number") {
    return [`a list of ${expectation(first).replace(/^an? /, "")}`];
  }
  return branch.filter(({ path }) => path.length === 0).map(expectation);
}

function pythonType(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    array: "a list",
    boolean: "True or False",
    int: "an int",
    null: "None",
    number: "a number",
    object: "a dict",
    record: "a dict",
    string: "a str",
    tuple: "a tuple",
  };
  return names[expected] ?? expected;
}

function sized(origin: string): string {
  return origin === "number" || origin === "int" || origin === "bigint"
    ? "a number"
    : `${pythonType(origin === "string" ? "string" : "array")} of length`;
}

/** The keys that the schema knows at a path inside it. */
export function keysOf(schema: Schema, path: readonly PropertyKey[]): string[] {
  const [key, ...rest] = path;
  const objects = objectsIn(schema);
  if (key === undefined) return [...new Set(objects.flatMap((object) => Object.keys(object._zod.def.shape)))];
  return objects.flatMap((object) => {
    const inner = object._zod.def.shape[String(key)];
    return inner ? keysOf(inner, rest) : [];
  });
}

/** The object schemas that a schema may mean, through defaults, pipes and unions. */
export function objectsIn(schema: Schema): z.core.$ZodObject[] {
  if (schema instanceof z.core.$ZodObject) return [schema];
  if (schema instanceof z.core.$ZodUnion) return schema._zod.def.options.flatMap(objectsIn);
  if (schema instanceof z.core.$ZodPipe) return [...objectsIn(schema._zod.def.in), ...objectsIn(schema._zod.def.out)];
  const isWrapper =
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodNullable ||
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault;
  return isWrapper ? objectsIn(schema._zod.def.innerType) : [];
}
