import type { SyntaxNode } from "@lezer/common";

export type NodeList = readonly SyntaxNode[];

/** The children of a node, without comments. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.name !== "Comment") children.push(child);
  return children;
}

/** The groups between separators; a trailing separator makes no group. */
export function splitAt(nodes: NodeList, separator: string): SyntaxNode[][] {
  const groups: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) groups.push([]);
    else groups.at(-1)?.push(node);
  }
  return groups.at(-1)?.length === 0 ? groups.slice(0, -1) : groups;
}
