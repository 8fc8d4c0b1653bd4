import { createHash } from "node:crypto";
import type { ElementType } from "#lib/engine/op.ts";
import { dependenceOf } from "./dependence.ts";
import { textOf } from "./graph.ts";
import type { Graph, GraphNode, Output } from "./graph.ts";
import { addVariable, after, write } from "./variable.ts";
import type { TracedVariable } from "./variable.ts";

/** A value that follows from variables alone. */
export interface Hoisted {
  /** The same for what is computed alike from the same variables, in any graph. */
  readonly key: string;
  /** What the function reads in its place. */
  readonly variable: TracedVariable;
  /** Fetched to have it computed. */
  readonly computed: Output;
}

/** They cost nothing, or are for the optimiser to see. */
const CHEAP: ReadonlySet<string> = new Set(["Const", "ReadVariableOp", "VarHandleOp", "Placeholder", "Reshape"]);
/** What the binding can hand from one session to another. */
const HANDED_ON: ReadonlySet<ElementType> = new Set(["float32", "int32", "bool"]);

/**
 * Takes out of a function what is the same in every run as long as no variable changes, as filters into which running
 * statistics are folded: it is computed once, and the function reads variables.
 */
export function hoist(graph: Graph): readonly Hoisted[] {
  const nodes = [...graph.nodes];
  const { fed, computed } = dependenceOf(nodes);
  const isSame = ({ node }: Output): boolean => !computed.has(node) && !fed.has(node) && !CHEAP.has(node.op);
  const hoisted = new Map<string, Hoisted>();
  const keys = new Map<GraphNode, string>();
  const visited = new Set<GraphNode>();
  const take = (value: Output): Output => {
    if (!isSame(value)) return value;
    if (!HANDED_ON.has(value.type)) {
      visit(value.node);
      return value;
    }
    const key = `${keyOf(value.node, keys)}:${value.index}`;
    const known = hoisted.get(key) ?? { key, ...addHoisted(graph, key, value) };
    hoisted.set(key, known);
    return known.variable.value;
  };
  const visit = (node: GraphNode): void => {
    if (visited.has(node)) return;
    visited.add(node);
    graph.rewire(node, node.inputs.map(take));
  };
  for (const node of nodes) if (computed.has(node)) visit(node);
  return [...hoisted.values()];
}

function addHoisted(graph: Graph, key: string, value: Output): Omit<Hoisted, "key"> {
  const name = `hoisted/${key.replace(":", "-")}`;
  const variable = addVariable(graph, name, value);
  return { variable, computed: after(graph, `computed/${name}`, [write(graph, variable.handle, value)]) };
}

/** Op, attributes and inputs, down to the names of variables. */
function keyOf(node: GraphNode, known: Map<GraphNode, string>): string {
  const before = known.get(node);
  if (before !== undefined) return before;
  const hash = createHash("sha256").update(node.op).update(textOf(node.attributes));
  for (const { node: input, index } of node.inputs) hash.update(`${keyOf(input, known)}:${index}`);
  const key = hash.digest("hex").slice(0, 32);
  known.set(node, key);
  return key;
}
