import { buildComponent } from "#lib/config/component/build.ts";
import type { Table } from "#lib/config/component/component.ts";
import { ConfigNode } from "#lib/config/component/node.ts";
import type { ConfigValue } from "#lib/config/value.ts";

/** A component as a config writes it. */
export interface TypedConfig {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Builds a component of a golden case; undefined where the table does not know its type. */
export function build<Built, Context>(
  table: Table<Built, Context>,
  config: TypedConfig,
  context: Context,
): Built | undefined {
  if (!Object.hasOwn(table.components, config.type)) return undefined;
  const value = config as unknown as ConfigValue; // what a golden file holds is JSON
  return buildComponent(
    table,
    new ConfigNode({ value, path: "", config: { value: {}, positions: new Map() } }),
    context,
  );
}
