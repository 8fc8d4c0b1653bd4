import type { GraphNode } from "./graph.ts";

/** Ops whose output may be the very memory of their input. */
export const RENAMING: ReadonlySet<string> = new Set(["Identity", "EnsureShape", "Reshape"]);

/** What nodes depend on. The rest depends on variables and constants alone. */
export interface Dependence {
  /** Inputs, and what only gives another name or shape to one. */
  readonly fed: ReadonlySet<GraphNode>;
  /** What is computed from inputs. */
  readonly computed: ReadonlySet<GraphNode>;
}

/** @param nodes in an order in which they can run */
export function dependenceOf(nodes: readonly GraphNode[]): Dependence {
  const fed = new Set<GraphNode>();
  const computed = new Set<GraphNode>();
  for (const node of nodes) {
    const from = node.inputs.map((input) => input.node);
    if (from.some((each) => computed.has(each))) computed.add(node);
    else if (from.some((each) => fed.has(each))) (RENAMING.has(node.op) ? fed : computed).add(node);
    else if (node.op === "Placeholder") fed.add(node);
  }
  return { fed, computed };
}
