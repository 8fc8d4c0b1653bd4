import { defined } from "#lib/base/assert.ts";
import type { Table } from "#lib/config/component.ts";

/** A component of a table, built of what a config would say, without a config file. */
export function buildFrom<Built, Context>(
  table: Table<Built, Context>,
  { type, ...config }: { readonly type: string; readonly [key: string]: unknown },
  context: Context,
): Built {
  const entry = defined(table.components[type], `${table.kind} ${type}`);
  return entry.create(entry.schema.parse(config), context);
}
