/** One node of a structural schema, as a CustomResourceDefinition has it; the parts that ours use. */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-int-or-string"?: true;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-validations"?: readonly SchemaRule[];
}

/** A rule in CEL about `self`; one that speaks of `oldSelf` is about changes. */
export interface SchemaRule {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

/** What is wrong with a value, and where: `spec.workers`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The parts of a value that the schema knows, each with its schema and its place. */
export function* partsOf(schema: Schema, value: unknown, path: string): Generator<readonly [Schema, unknown, string]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) if (schema.items) yield [schema.items, item, `${path}[${index}]`];
  } else if (isObject(value)) {
    for (const [name, part] of Object.entries(value)) {
      const inner = schema.properties?.[name] ?? schema.additionalProperties;
      if (inner) yield [inner, part, join(path, name)];
    }
  }
}

export function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
