import type { ConfigNode, ConfigValue } from "#lib/config/component.ts";

/** The part of a config node under a key or index; its value is `fallback` where there is none. */
export function childNode(node: ConfigNode, key: string | number, fallback: ConfigValue = null): ConfigNode {
  const { value } = node;
  const children = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const child = children.find(([name]) => name === String(key));
  return { ...node, value: child ? child[1] : fallback, path: node.path === "" ? String(key) : `${node.path}.${key}` };
}

/** The node with a `type`, where users may leave it out. */
export function withType(node: ConfigNode, type: string): ConfigNode {
  const { value } = node;
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("type" in value)
    ? { ...node, value: { type, ...value } }
    : node;
}
