import { PetageError } from "#lib/base/errors.ts";
import type { Attributes, ConstantValue, Form, Precision } from "#lib/engine/op.ts";

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Output[];
  /** Nodes that run before this one. */
  readonly controls: readonly GraphNode[];
  readonly attributes: Attributes;
}

/** One output of a node. */
export interface Output extends Form {
  readonly node: GraphNode;
  readonly index: number;
}

/** A node to be added. */
export interface NodeSpec {
  readonly op: string;
  readonly inputs?: readonly Output[];
  readonly controls?: readonly GraphNode[];
  readonly attributes?: Attributes;
  readonly outputs: readonly Form[];
  /** Of nodes that are fed or fetched; the others are named after where they stand in the model. */
  readonly name?: string;
}

/** Nodes of a graph that a session can be opened on; 2 GB is what one protobuf message takes. */
const MAX_NODES = 200_000;
/** Larger constants are not compared with one another. */
const MAX_COMPARED_BYTES = 4096;
const WORD_BYTES = 4;

/** Ops that are there once for each time they are added. */
const STATEFUL: ReadonlySet<string> = new Set(["Placeholder", "AssignVariableOp", "DestroyResourceOp"]);

/**
 * A TensorFlow graph as it is built: nodes in an order in which they can run. What is computed twice from the same is one
 * node (common subexpressions), and every node is named after its layer, so that an error names a place in the model.
 */
export class Graph {
  /** What convolutions and matrix products compute in. */
  readonly precision: Precision;
  readonly nodes: GraphNode[] = [];
  readonly #known = new Map<string, readonly Output[]>();
  readonly #names = new Map<string, number>();
  readonly #numbers = new Map<GraphNode, number>();
  readonly #places = new Map<GraphNode, string>();
  #place = "";
  #lastPlace = "";

  constructor(precision: Precision = "float32") {
    this.precision = precision;
  }

  /** Names the nodes that `body` adds after a place of the model: `backbone.layer3.0`. */
  at<T>(place: string, body: () => T): T {
    const before = this.#place;
    this.#place = place;
    this.#lastPlace = place;
    try {
      return body();
    } finally {
      this.#place = before;
    }
  }

  /** Puts the nodes that `body` adds before one that is there. */
  before<T>(node: GraphNode, body: () => T): T {
    const count = this.nodes.length;
    const result = body();
    const added = this.nodes.splice(count);
    this.nodes.splice(this.nodes.indexOf(node), 0, ...added);
    return result;
  }

  /** Gives a node other inputs of the same forms. */
  rewire(node: GraphNode, inputs: readonly Output[]): void {
    (node as { inputs: readonly Output[] }).inputs = inputs;
  }

  /** The place that was entered last: where something went wrong. */
  get lastPlace(): string {
    return this.#lastPlace;
  }

  /** Adds a node, unless it is there; returns its outputs. RESOURCE_EXHAUSTED where there are too many. */
  add(spec: NodeSpec): readonly Output[] {
    const { op, inputs = [], controls = [], attributes = {}, outputs, name } = spec;
    const key = this.#keyOf(spec);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known) return known;
    if (this.nodes.length >= MAX_NODES) {
      throw new PetageError("RESOURCE_EXHAUSTED", `A graph has more than ${MAX_NODES} nodes`);
    }
    const place = this.#placeOf(inputs);
    const node = { name: this.#unique(name ?? (place ? `${place}/${op}` : op)), op, inputs, controls, attributes };
    this.#numbers.set(node, this.nodes.length);
    this.#places.set(node, place);
    this.nodes.push(node);
    const made = outputs.map(({ type, shape }, index): Output => ({ node, index, type, shape }));
    if (key !== undefined) this.#known.set(key, made);
    return made;
  }

  /** Adds a node of one output. */
  one(op: string, inputs: readonly Output[], { type, shape }: Form, attributes: Attributes = {}): Output {
    return this.add({ op, inputs, attributes, outputs: [{ type, shape }] })[0] as Output;
  }

  /** A large one that is the same number all over is filled when it is needed. */
  constant(value: ConstantValue): Output {
    const { type, shape, bytes } = value;
    if (type !== "bool" && bytes.length > MAX_COMPARED_BYTES && isUniform(bytes)) {
      const number = this.constant({ type, shape: [], bytes: bytes.slice(0, WORD_BYTES) });
      const attributes = { T: { type }, index_type: { type: "int32" } } as const;
      return this.one("Fill", [this.integers(shape), number], value, attributes);
    }
    return this.one("Const", [], value, { dtype: { type: value.type }, value: { value } });
  }

  /** Numbers as a constant, a vector unless a shape is given. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): Output {
    return this.constant({ type: "int32", shape, bytes: bytesOf(Int32Array.from(values)) });
  }

  float(value: number): Output {
    return this.constant({ type: "float32", shape: [], bytes: bytesOf(Float32Array.of(value)) });
  }

  /** What a node would be called that is the same; undefined for what is there as often as it is added. */
  #keyOf({ op, inputs = [], controls = [], attributes = {} }: NodeSpec): string | undefined {
    if (STATEFUL.has(op)) return undefined;
    const value = attributes["value"];
    const bytes = value && "value" in value ? value.value.bytes : undefined;
    if (bytes && bytes.length > MAX_COMPARED_BYTES) return undefined;
    const from = inputs.map(({ node, index }) => `${this.#numbers.get(node)}:${index}`);
    return `${op}(${from.join()}^${controls.map((node) => this.#numbers.get(node)).join()})${textOf(attributes)}`;
  }

  /** Inside a layer that layer; a gradient belongs to what it is the gradient of: the last input that has a place. */
  #placeOf(inputs: readonly Output[]): string {
    if (this.#place) return this.#place;
    return inputs.map(({ node }) => this.#places.get(node) ?? "").findLast((place) => place !== "") ?? "";
  }

  #unique(name: string): string {
    const clean = name.replaceAll(/[^A-Za-z0-9_./-]/g, "_");
    const count = this.#names.get(clean) ?? 0;
    this.#names.set(clean, count + 1);
    return count === 0 ? clean : this.#unique(`${clean}_${count}`);
  }
}

/** The same for the same attributes. */
export function textOf(attributes: Attributes): string {
  return JSON.stringify(attributes, (_, each: unknown) => (each instanceof Uint8Array ? [...each] : each));
}

/** Words of float32 or int32. */
function isUniform({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  if (byteOffset % WORD_BYTES !== 0 || byteLength % WORD_BYTES !== 0) return false;
  const words = new Int32Array(buffer, byteOffset, byteLength / WORD_BYTES);
  return words.every((word) => word === words[0]);
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
