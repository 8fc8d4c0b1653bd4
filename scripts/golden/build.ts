import type { Table } from "#lib/config/component.ts";

/** A component as a config writes it. */
export interface TypedConfig {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Builds a component of a golden case; undefined where the table does not know its type. */
export function build<Built, Context>(
  table: Table<Built, Context>,
  { type, ...config }: TypedConfig,
  context: Context,
): Built | undefined {
  const entry = Object.hasOwn(table.components, type) ? table.components[type] : undefined;
  return entry?.create(entry.schema.parse(config), context);
}
