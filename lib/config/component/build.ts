import { assert, defined } from "#lib/base/assert.ts";
import type { PetageError } from "#lib/base/errors.ts";
import type { Build, Component, Table } from "./component.ts";
import { isDict } from "#lib/config/dictionary.ts";
import { legacyTypeHint } from "./legacy.ts";
import { didYouMean } from "#lib/config/nearest.ts";
import type { ConfigNode } from "./node.ts";
import { keysOf } from "./schema-errors.ts";
import type { ConfigDict, ConfigValue } from "#lib/config/value.ts";

/** What mmengine and new-style configs may write before the name of a type. */
const SCOPE = /^(mmpretrain|mmengine|mmcv|mmcls|torch|torchvision)\.(\w+\.)*/;

/** Components of a plugin: they extend our table of the same kind. */
export type Plugin = Table<unknown, never>;

/**
 * Builds the component that a node's `type` names in a table, from the node's other keys. Throws CONFIG_UNKNOWN_TYPE,
 * CONFIG_UNKNOWN_KEY or CONFIG_INVALID_VALUE with file, line and path.
 */
export const buildComponent: Build = buildWith([]);

/** The same, with the components of plugins added to the tables of their kind, at the top of a config and inside. */
export function buildWith(plugins: readonly Plugin[]): Build {
  const build: Build = (table, node, context) => {
    const extended = extend(table, plugins);
    const { component, config } = select(extended, node);
    return component.create(config, {
      node,
      context,
      build: (inner, at, innerContext) =>
        build(inner, typeof at === "string" ? node.child(at, defaultOf(config, at)) : at, innerContext),
      nest: (inner) => build(table, inner, context),
      keysOf: (inner) => keysOf(named(extended, inner).component.schema, []),
      fail: (message, options) => node.fail(message, options),
    });
  };
  return build;
}

/** Checks a node by the schema of the component that its `type` names, where building it would read files. */
export function checkComponent<Built, Context>(table: Table<Built, Context>, node: ConfigNode): void {
  select(table, node);
}

/** The table with what plugins add. Its kind says what a table builds. */
function extend<Built, Context>(table: Table<Built, Context>, plugins: readonly Plugin[]): Table<Built, Context> {
  const added = plugins.filter(({ kind }) => kind === table.kind) as unknown as readonly Table<Built, Context>[];
  if (added.length === 0) return table;
  const tables = [table, ...added].map(({ components }) => components);
  const names = tables.flatMap((components) => Object.keys(components));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  assert(twice === undefined, `a plugin's ${table.kind} needs another name than ${twice}`);
  return { ...table, components: Object.assign({}, ...tables) as typeof table.components };
}

interface Selected<Built, Context> {
  readonly component: Component<unknown, Built, Context>;
  /** As the component's schema reads it. */
  readonly config: unknown;
}

function select<Built, Context>(table: Table<Built, Context>, node: ConfigNode): Selected<Built, Context> {
  if (table.implied !== undefined) {
    const written = isDict(node.value) ? findType(table, node.value["type"]) : undefined;
    const component = defined(table.components[written ?? table.implied], `the implied ${table.kind}`);
    return { component, config: node.parse(component.schema) }; // which refuses a type that is none of the table's
  }
  const { name, component, keys } = named(table, node);
  return { component, config: node.with(keys).parse(component.schema, name) };
}

interface Named<Built, Context> {
  readonly name: string;
  readonly component: Component<unknown, Built, Context>;
  /** What else the node says. */
  readonly keys: ConfigDict;
}

function named<Built, Context>(table: Table<Built, Context>, node: ConfigNode): Named<Built, Context> {
  const { type, _scope_: _, ...keys } = dictOf(node, table);
  const name = findType(table, type);
  const component = name === undefined ? undefined : table.components[name];
  if (name === undefined || !component) throw unknownType(table, node, type);
  return { name, component, keys };
}

/** What the schema fills in for a component that the config does not name. */
function defaultOf(config: unknown, key: string): ConfigValue {
  return (isDict(config) ? config[key] : undefined) ?? null;
}

function dictOf(node: ConfigNode, { kind, components }: Table<unknown, never>): Readonly<Record<string, ConfigValue>> {
  if (isDict(node.value)) return node.value;
  const example = Object.keys(components)[0] ?? "...";
  throw node.fail(`\`${node.path}\` must be a dict that names a ${kind} by its \`type\``, {
    hint: `For instance dict(type='${example}')`,
  });
}

function findType({ components }: Table<unknown, never>, type: ConfigValue | undefined): string | undefined {
  if (typeof type !== "string") return undefined;
  return [type, type.replace(SCOPE, "")].find((name) => Object.hasOwn(components, name));
}

function unknownType(
  { kind, components }: Table<unknown, never>,
  node: ConfigNode,
  type: ConfigValue | undefined,
): PetageError {
  const known = Object.keys(components).toSorted();
  const listed = `Known: ${known.join(", ")}`;
  if (type === undefined) return node.fail(`\`${node.path}\` has no \`type\` that names a ${kind}`, { hint: listed });
  const name = typeof type === "string" ? type : JSON.stringify(type);
  const guess = legacyTypeHint(name) ?? didYouMean(name.replace(SCOPE, ""), known);
  return node.fail(`\`${node.path}\` has type \`${name}\`, but there is no such ${kind}`, {
    at: "type",
    hint: guess === undefined ? listed : `${guess} ${listed}`,
    code: "CONFIG_UNKNOWN_TYPE",
  });
}
