import { isObject } from "./schema.ts";
import type { Schema } from "./schema.ts";

/** The value with what the schema fills in, as an API server would keep it. Null stands for nothing where there is a default. */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return schema.items ? value.map((item) => withDefaults(schema.items ?? {}, item)) : value;
  if (!isObject(value)) return value;
  const { properties = {}, additionalProperties } = schema;
  const filled = Object.entries(properties).flatMap(([name, inner]) =>
    (value[name] ?? undefined) === undefined && inner.default !== undefined ? [[name, inner.default] as const] : [],
  );
  const whole = { ...value, ...Object.fromEntries(filled) };
  return Object.fromEntries(
    Object.entries(whole).map(([name, part]) => {
      const inner = properties[name] ?? additionalProperties;
      return [name, inner ? withDefaults(inner, part) : part];
    }),
  );
}
