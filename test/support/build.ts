import { buildComponent } from "#lib/config/component/build.ts";
import type { Table } from "#lib/config/component/component.ts";
import { ConfigNode } from "#lib/config/component/node.ts";
import type { ConfigValue } from "#lib/config/value.ts";

/** A config node made by code. */
export function nodeOf(value: unknown, path = "component"): ConfigNode {
  return new ConfigNode({ value: value as ConfigValue, path, config: { value: {}, positions: new Map() } });
}

/** A component of a table, built of what a config would say, without a config file. */
export function buildFrom<Built, Context>(
  table: Table<Built, Context>,
  config: { readonly type: string; readonly [key: string]: unknown },
  context: Context,
): Built {
  return buildComponent(table, nodeOf(config), context);
}
