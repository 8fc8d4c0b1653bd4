import type { Form } from "#lib/engine/op.ts";
import type { Graph, GraphNode, Output } from "./graph.ts";

/** A variable as it stands in a graph. */
export interface TracedVariable extends Form {
  readonly handle: Output;
  /** What a function reads. */
  readonly value: Output;
  /** A value for it from outside, and what is fetched to have it set. */
  readonly fed: Output;
  readonly written: Output;
}

/** A variable of the session, named after its layer. */
export function addVariable(graph: Graph, name: string, { type, shape }: Form): TracedVariable {
  return graph.at(name.slice(0, Math.max(0, name.lastIndexOf("."))), () => {
    const handle = addHandle(graph, name, { type, shape });
    const value = read(graph, handle, { type, shape });
    const fed = placeholder(graph, `write/${name}`, { type, shape });
    const written = after(graph, `written/${name}`, [write(graph, handle, fed)]);
    return { type, shape, handle, value, fed, written };
  });
}

export function placeholder(graph: Graph, name: string, { type, shape }: Form): Output {
  const attributes = { dtype: { type }, shape: { shape } };
  return graph.add({ op: "Placeholder", name, attributes, outputs: [{ type, shape }] })[0] as Output;
}

/** What a variable is known by; a session has one of each name. */
export function addHandle(graph: Graph, name: string, { type, shape }: Form): Output {
  const attributes = { dtype: { type }, shape: { shape }, shared_name: { text: name }, container: { text: "" } };
  return graph.one("VarHandleOp", [], { type: "resource", shape: [] }, attributes);
}

export function read(graph: Graph, handle: Output, { type, shape }: Form): Output {
  return graph.one("ReadVariableOp", [handle], { type, shape }, { dtype: { type } });
}

/** @param controls what is to run before */
export function write(graph: Graph, handle: Output, value: Output, controls: readonly GraphNode[] = []): GraphNode {
  const attributes = { dtype: { type: value.type } };
  graph.add({ op: "AssignVariableOp", inputs: [handle, value], controls, attributes, outputs: [] });
  return graph.nodes.at(-1) as GraphNode;
}

/** Forgets the value of a variable, whose memory goes with its last reader. */
export function drop(graph: Graph, handle: Output, controls: readonly GraphNode[]): GraphNode {
  const attributes = { ignore_lookup_error: { bool: true } };
  graph.add({ op: "DestroyResourceOp", inputs: [handle], controls, attributes, outputs: [] });
  return graph.nodes.at(-1) as GraphNode;
}

/** Something to fetch that is there when nodes without outputs have run. */
export function after(graph: Graph, name: string, controls: readonly GraphNode[]): Output {
  const inputs = [graph.float(0)];
  const attributes = { T: { type: "float32" } } as const;
  const outputs = [{ type: "float32", shape: [] }] as const;
  return graph.add({ op: "Identity", name, inputs, controls, attributes, outputs })[0] as Output;
}

/** A copy in the library's own memory. */
export function deepCopy(graph: Graph, value: Output): Output {
  return graph.one("DeepCopy", [value], value, { T: { type: value.type } });
}
