import type { Builder } from "#lib/config/component/component.ts";
import type { ConfigNode } from "#lib/config/component/node.ts";
import { inSequence } from "./transform.ts";
import type { Transform } from "./transform.ts";

/** The transforms at a node inside another one, a single one or a list, in order. They cannot load an image. */
export function nested(at: ConfigNode, { node, nest, fail }: Builder<unknown, Transform>): Transform {
  const parts = at.items().map(nest);
  if (!parts.some(({ loads }) => loads)) return inSequence(parts);
  throw fail(`\`${node.path}\`: transforms inside another one cannot load images`, {
    at: at.path.slice(node.path.length + 1),
    hint: "Put dict(type='LoadImageFromFile') first in the pipeline",
  });
}
