import { PetageError } from "#lib/base/errors.ts";
import { sizeOfShape } from "#lib/engine/op.ts";
import type { ElementType, Form } from "#lib/engine/op.ts";
import type { Forms } from "#lib/engine/program.ts";
import { RENAMING } from "./dependence.ts";
import type { Graph, GraphNode, Output } from "./graph.ts";

/** What is in memory at the worst moment of a function. */
export interface Memory {
  readonly bytes: number;
  /** The same by op; variables are those of `VarHandleOp`. */
  readonly byOp: ReadonlyMap<string, number>;
}

/** From the node that makes it to the last one that reads it, by their places in the order. */
interface Life {
  readonly op: string;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Their output is their first input under another name. */
const RENAMES: ReadonlySet<string> = new Set([...RENAMING, "ReadVariableOp"]);
/** There before a function runs, until it ends: what is fed is its caller's, constants are the session's. */
const LASTING: ReadonlySet<string> = new Set(["Placeholder", "Const"]);

const BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  bfloat16: 2,
  resource: 0,
};

export function bytesOfForm({ type, shape }: Form): number {
  return sizeOfShape(shape) * BYTES[type];
}

/**
 * The memory of what a function fetches, when its nodes run in their order: all variables of the graph, what is fed,
 * constants, what is fetched, and every other output until it was read for the last time. It is an estimate. It has
 * nothing of what kernels take for themselves (workspaces and filters in another layout, of convolutions above all), nor
 * of nodes that run side by side. It has too much where TensorFlow computes in place or fuses: a sum, a bias or a ReLU
 * then takes no memory of its own. Of ResNet-18's step at 224 px it has 25 MB an image, by which resident memory was seen
 * to grow by 28; the process itself, with the library, takes 0.7 GB besides.
 */
export function memoryOf({ nodes }: Pick<Graph, "nodes">, fetches: readonly Output[]): Memory {
  const needed = neededFor(fetches);
  const order = nodes.filter((node) => needed.has(node));
  const lives = [...livesOf(order, fetches), ...lastingHandles(nodes).flatMap((node) => lifeOf(node, order.length))];
  const worst = worstOf(lives, order.length);
  const byOp = new Map<string, number>();
  for (const { op, bytes, first, last } of lives) {
    if (first <= worst && worst <= last) byOp.set(op, (byOp.get(op) ?? 0) + bytes);
  }
  return { bytes: [...byOp.values()].reduce((sum, bytes) => sum + bytes, 0), byOp };
}

/** The nodes that run when outputs are fetched. */
export function neededFor(fetches: readonly Output[]): ReadonlySet<GraphNode> {
  const needed = new Set(fetches.map(({ node }) => node));
  for (const { inputs, controls } of needed) {
    for (const node of [...inputs.map((input) => input.node), ...controls]) needed.add(node); // and is visited, too
  }
  return needed;
}

function livesOf(order: readonly GraphNode[], fetches: readonly Output[]): Iterable<Life> {
  const end = order.length;
  const places = new Map(order.map((node, place) => [node, place]));
  const lives = new Map<string, Life>();
  const read = (output: Output, place: number): void => {
    const made = madeAs(output);
    const { op, name } = made.node;
    const key = `${name}:${made.index}`;
    const first = LASTING.has(op) ? 0 : (places.get(made.node) ?? 0);
    const last = LASTING.has(op) ? end : Math.max(place, lives.get(key)?.last ?? 0);
    lives.set(key, { op, bytes: bytesOfForm(made), first, last });
  };
  for (const [place, { inputs }] of order.entries()) for (const input of inputs) read(input, place);
  for (const output of fetches) read(output, end);
  return lives.values();
}

/** The output whose memory another one has. */
function madeAs(output: Output): Output {
  const [input] = output.node.inputs;
  return input && RENAMES.has(output.node.op) ? madeAs(input) : output;
}

/** Those of variables; what a function keeps between its parts is dropped by the end of it. */
function lastingHandles(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const dropped = new Set(nodes.flatMap(({ op, inputs }) => (op === "DestroyResourceOp" ? [inputs[0]?.node] : [])));
  return nodes.filter((node) => node.op === "VarHandleOp" && !dropped.has(node));
}

function lifeOf({ op, attributes }: GraphNode, last: number): Life[] {
  const { dtype, shape } = attributes;
  if (!dtype || !("type" in dtype) || !shape || !("shape" in shape)) return [];
  return [{ op, bytes: bytesOfForm({ type: dtype.type, shape: shape.shape }), first: 0, last }];
}

/** The place in the order at which the most is there. */
function worstOf(lives: readonly Life[], end: number): number {
  const changes = new Float64Array(end + 2);
  for (const { bytes, first, last } of lives) {
    changes[first] = (changes[first] ?? 0) + bytes;
    changes[last + 1] = (changes[last + 1] ?? 0) - bytes;
  }
  let [bytes, most, worst] = [0, 0, 0];
  for (const [place, change] of changes.entries()) {
    bytes += change;
    if (bytes > most) [most, worst] = [bytes, place];
  }
  return worst;
}

/** GRAPH_TOO_LARGE where a function would not fit: TensorFlow ends the process where it gets no memory. */
export function checkFits(bytes: number, forms: Forms, limitBytes = Infinity): void {
  if (bytes <= limitBytes) return;
  const gigabytes = (value: number): string => `${Number((value / 1e9).toPrecision(3))} GB`;
  throw new PetageError(
    "GRAPH_TOO_LARGE",
    `A graph of ${largestOf(forms)} needs ${gigabytes(bytes)}, of ${gigabytes(limitBytes)}`,
    { hint: "Take smaller batches, or smaller images" },
  );
}

/** What of a function's inputs is the largest, in words. */
function largestOf(forms: Forms): string {
  const [largest] = Object.entries(forms).toSorted(([, one], [, other]) => bytesOfForm(other) - bytesOfForm(one));
  if (!largest) return "no inputs";
  const [name, { type, shape }] = largest;
  const [count, height, width] = shape;
  return type === "uint8" && shape.length === 4
    ? `${count} image${count === 1 ? "" : "s"} of ${width} x ${height}`
    : `${name} [${shape.join(", ")}]`;
}
