import { defined } from "#lib/base/assert.ts";
import type { Parts } from "#lib/engine/program.ts";
import { dependenceOf } from "./dependence.ts";
import { addHandle, after, deepCopy, drop, read, write } from "./variable.ts";
import type { Graph, GraphNode, Output } from "./graph.ts";

/** What one run of a session computes of a function. */
export interface Segment {
  /** What is fed, by the names of the inputs. */
  readonly placeholders: ReadonlyMap<string, Output>;
  /** What is fetched, by the names of the outputs. */
  readonly outputs: ReadonlyMap<string, Output>;
  /** Fetched for what it does: it is there once variables are set. */
  readonly done: Output | undefined;
}

/** All that is fetched when it runs. */
export function fetchesOf({ outputs, done }: Pick<Segment, "outputs" | "done">): readonly Output[] {
  return [...outputs.values(), ...(done ? [done] : [])];
}

/** A value that stays in the session from the segment that computes it to the last one that reads it. */
interface Kept {
  readonly handle: Output;
  readonly value: Output;
  readonly written: GraphNode;
  readonly writtenIn: number;
  lastReadIn: number;
}

/**
 * Cuts a function into segments that run one after the other, so that what is computed early can be used while the rest
 * is under way: segment i gives the outputs named in `parts[i]`, and computes nothing that an earlier one has computed.
 * What a later segment needs of an earlier one stays in the session. What depends on no input, as a filter that is
 * folded, is computed again.
 * @param prefix names what is kept
 * @param from the number of the function's first node
 */
export function cut(
  graph: Graph,
  { placeholders, outputs, done }: Segment,
  { parts, prefix, from }: { parts: Parts; prefix: string; from: number },
): readonly Segment[] {
  const nodes = graph.nodes.slice(from);
  const { computed } = dependenceOf(nodes);
  const segmentOf = new Map<GraphNode, number>();
  const needed = parts.map((names, index) => {
    const wanted = names.map((name) => defined(outputs.get(name), `output ${name}`).node);
    if (done && index === parts.length - 1) wanted.push(done.node);
    const ofPart = ancestors(nodes, wanted, segmentOf);
    for (const node of ofPart) if (computed.has(node)) segmentOf.set(node, index);
    return ofPart;
  });
  const kept = keepBetween(graph, nodes, { segmentOf, placeholders, prefix: `${prefix}/kept` });
  return parts.map((names, index) => {
    const ends = [
      ...(done && index === parts.length - 1 ? [done.node] : []),
      ...kept.filter(({ writtenIn }) => writtenIn === index).map(({ written }) => written),
      ...kept
        .filter(({ lastReadIn }) => lastReadIn === index)
        .map(({ handle, value }) => drop(graph, handle, [value.node])),
    ];
    return {
      placeholders: new Map([...placeholders].filter(([, { node }]) => needed[index]?.has(node))),
      outputs: new Map(names.map((name) => [name, defined(outputs.get(name), name)])),
      done: ends.length === 0 ? undefined : after(graph, `${prefix}/part-${index}`, ends),
    };
  });
}

/** `wanted` and what it needs, without what earlier segments have. `nodes` are in an order in which they can run. */
function ancestors(
  nodes: readonly GraphNode[],
  wanted: readonly GraphNode[],
  earlier: ReadonlyMap<GraphNode, number>,
): ReadonlySet<GraphNode> {
  const needed = new Set(wanted);
  for (const node of nodes.toReversed()) {
    if (earlier.has(node)) needed.delete(node);
    if (!needed.has(node)) continue;
    for (const { node: input } of node.inputs) needed.add(input);
    for (const control of node.controls) needed.add(control);
  }
  return needed;
}

/** Has each node take from variables what another segment computes. */
function keepBetween(
  graph: Graph,
  nodes: readonly GraphNode[],
  {
    segmentOf,
    placeholders,
    prefix,
  }: {
    segmentOf: ReadonlyMap<GraphNode, number>;
    placeholders: ReadonlyMap<string, Output>;
    prefix: string;
  },
): readonly Kept[] {
  const kept = new Map<string, Kept>();
  const fedTypes = new Set([...placeholders.values()].map(({ type }) => type));
  const keep = (value: Output, writtenIn: number): Kept => {
    const handle = addHandle(graph, `${prefix}-${kept.size}`, value);
    // A variable may not hold memory of JavaScript's, which what was fed is (see `owned`).
    const own = fedTypes.has(value.type) ? deepCopy(graph, value) : value;
    const written = write(graph, handle, own);
    return { handle, value: read(graph, handle, value), written, writtenIn, lastReadIn: writtenIn };
  };
  for (const node of nodes) {
    const segment = segmentOf.get(node);
    if (segment === undefined) continue;
    const inputs = node.inputs.map((input) => {
      const writtenIn = segmentOf.get(input.node) ?? segment;
      if (writtenIn === segment) return input;
      const key = `${input.node.name}:${input.index}`;
      const known = kept.get(key) ?? graph.before(node, () => keep(input, writtenIn));
      kept.set(key, known);
      known.lastReadIn = Math.max(known.lastReadIn, segment);
      return known.value;
    });
    graph.rewire(node, inputs);
  }
  return [...kept.values()];
}
