import type { z } from "zod";
import { PetageError } from "#lib/base/errors.ts";
import type { ConfigDict, ConfigErrorCode, ConfigNode, ConfigValue, ResolvedConfig, Table } from "./component.ts";
import { isDict } from "./dictionary.ts";
import { legacyKeyHint, legacyTypeHint } from "./legacy.ts";
import { didYouMean, nearestNames } from "./nearest.ts";
import { nearestPosition } from "./plain.ts";
import { describeIssue, keysOf } from "./schema-errors.ts";

/** What mmengine and new-style configs may write before the name of a type. */
const SCOPE = /^(mmpretrain|mmengine|mmcv|mmcls|torch|torchvision)\.(\w+\.)*/;

/**
 * Builds the component that a node's `type` names in a table, from the node's other keys. Throws CONFIG_UNKNOWN_TYPE,
 * CONFIG_UNKNOWN_KEY or CONFIG_INVALID_VALUE with file, line and path.
 */
export function buildComponent<Built, Context>(
  table: Table<Built, Context>,
  node: ConfigNode,
  context: Context,
): Built {
  const { type, ...config } = dictOf(node, table);
  delete config["_scope_"];
  const name = typeof type === "string" ? findType(table, type) : undefined;
  if (name === undefined) throw unknownType(table, node, type);
  const component = table.components[name];
  if (!component) throw unknownType(table, node, type);
  return component.create(parseNode(component.schema, { ...node, value: config }, name), context);
}

/**
 * The node's value as a schema reads it, with defaults filled in.
 * @param owner what has these keys, for messages: the component's type.
 */
export function parseNode<Schema extends z.ZodType>(
  schema: Schema,
  node: ConfigNode,
  owner = `\`${node.path}\``,
): z.output<Schema> {
  const result = schema.safeParse(node.value);
  if (result.success) return result.data;
  const issue = result.error.issues.find(({ code }) => code === "unrecognized_keys") ?? result.error.issues[0];
  if (!issue) throw configError("CONFIG_INVALID_VALUE", `${owner} cannot be read`, node);
  const inner = { ...node, path: [node.path, ...issue.path.map(String)].join(".") };
  if (issue.code === "unrecognized_keys")
    throw unknownKey(issue.keys[0] ?? "", inner, owner, keysOf(schema, issue.path));
  const { message, hint } = describeIssue(issue, inner.path, node.value, owner);
  throw configError("CONFIG_INVALID_VALUE", message, inner, hint);
}

/** The node at a dotted path (`model.head.loss`, `train_pipeline.1`). Throws CONFIG_INVALID_VALUE when there is none. */
export function configNode(config: ResolvedConfig, path: string): ConfigNode {
  let value: ConfigValue = config.value;
  const walked: string[] = [];
  for (const key of path.split(".")) {
    const next = childOf(value, key);
    if (next === undefined) {
      const at = walked.length === 0 ? "The config" : `\`${walked.join(".")}\``;
      const node = { config, path: walked.join("."), value };
      throw configError(
        "CONFIG_INVALID_VALUE",
        `${at} has no \`${key}\``,
        node,
        didYouMean(key, isDict(value) ? Object.keys(value) : []),
      );
    }
    value = next;
    walked.push(key);
  }
  return { value, path, config };
}

/** An error about a node, positioned where the node, or the nearest thing around it, was written. */
export function configError(code: ConfigErrorCode, message: string, node: ConfigNode, hint?: string): PetageError {
  const position = nearestPosition(node.config.positions, node.path);
  return new PetageError(code, message, { ...(position && { position }), ...(hint !== undefined && { hint }) });
}

function childOf(value: ConfigValue, key: string): ConfigValue | undefined {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as ConfigDict)[key]
    : undefined;
}

function dictOf(node: ConfigNode, { kind, components }: Table<unknown, never>): Record<string, ConfigValue> {
  if (isDict(node.value)) return { ...node.value };
  const example = Object.keys(components)[0] ?? "...";
  throw configError(
    "CONFIG_INVALID_VALUE",
    `\`${node.path}\` must be a dict that names a ${kind} by its \`type\``,
    node,
    `For instance dict(type='${example}')`,
  );
}

function findType({ components }: Table<unknown, never>, type: string): string | undefined {
  return [type, type.replace(SCOPE, "")].find((name) => Object.hasOwn(components, name));
}

function unknownType(
  { kind, components }: Table<unknown, never>,
  node: ConfigNode,
  type: ConfigValue | undefined,
): PetageError {
  const known = Object.keys(components).toSorted();
  const listed = `Known: ${known.join(", ")}`;
  if (type === undefined)
    return configError("CONFIG_INVALID_VALUE", `\`${node.path}\` has no \`type\` that names a ${kind}`, node, listed);
  const at = { ...node, path: `${node.path}.type` };
  const name = typeof type === "string" ? type : JSON.stringify(type);
  const guess = legacyTypeHint(name) ?? didYouMean(name.replace(SCOPE, ""), known);
  return configError(
    "CONFIG_UNKNOWN_TYPE",
    `\`${node.path}\` has type \`${name}\`, but there is no such ${kind}`,
    at,
    guess === undefined ? listed : `${guess} ${listed}`,
  );
}

function unknownKey(key: string, node: ConfigNode, owner: string, known: readonly string[]): PetageError {
  const at = { ...node, path: `${node.path}.${key}` };
  const legacy = legacyKeyHint(owner, key, known);
  const guess = legacy ?? (nearestNames(key, known).length > 0 ? didYouMean(key, known) : undefined);
  const listed = known.length > 0 ? `It takes ${known.toSorted().join(", ")}` : "It takes no keys";
  return configError(
    "CONFIG_UNKNOWN_KEY",
    `\`${node.path}\`: ${owner} has no key \`${key}\``,
    at,
    guess === undefined ? listed : `${guess} ${listed}`,
  );
}
