import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { PetageError } from "#lib/base/errors.ts";
import type { Forms, TensorFunction, Variables } from "#lib/engine/program.ts";
import type { Form } from "#lib/engine/op.ts";
import type { Graph, GraphNode, Output } from "./graph.ts";
import { cast, unsupported, wide } from "./kernel.ts";
import { memoryOf } from "./memory.ts";
import { tracingBackend } from "./tracing-backend.ts";
import type { TracingBackend } from "./tracing-backend.ts";

/** A variable as it stands in a graph. */
export interface TracedVariable extends Form {
  readonly handle: Output;
  /** What a function reads. */
  readonly value: Output;
  /** A value for it from outside, and what is fetched to have it set. */
  readonly fed: Output;
  readonly written: Output;
}

/** A function as it stands in a graph. */
export interface TracedFunction {
  /** What is fed, by the names of the inputs. */
  readonly placeholders: ReadonlyMap<string, Output>;
  /** What is fetched, by the names of the outputs. */
  readonly outputs: ReadonlyMap<string, Output>;
  /** Fetched for what it does: it is there once the variables are set. */
  readonly done: Output | undefined;
  /** Of memory, at its worst moment. */
  readonly bytes: number;
}

/**
 * Adds what a function does to a graph, by running it once on tensors without values.
 * @param prefix names what is fed and fetched
 * @throws GRAPH_UNSUPPORTED where it reads a value, or does what no kernel is there for; the message names op and layer
 */
export function trace(
  graph: Graph,
  {
    compute,
    forms,
    prefix,
    variables,
  }: {
    readonly compute: TensorFunction;
    readonly forms: Forms;
    readonly prefix: string;
    readonly variables: ReadonlyMap<string, TracedVariable>;
  },
): TracedFunction {
  const backend = tracingBackend();
  return backend.tracing(graph, () => {
    const placeholders = new Map(
      Object.entries(forms).map(([name, form]) => [name, placeholder(graph, `${prefix}/${name}`, form)]),
    );
    const traced = new TracedVariables(backend, graph, variables);
    const outputs = new Map<string, Output>();
    tf.tidy(() => {
      const inputs = Object.fromEntries(
        [...placeholders].map(([name, fed]) => [name, backend.tensorOf(checked(graph, fed))]),
      );
      for (const [name, tensor] of Object.entries(explained(graph, () => compute(traced, inputs)))) {
        outputs.set(name, fetched(graph, `${prefix}/${name}`, backend.outputOf(tensor)));
        tensor.dispose(); // also one that was kept
      }
    });
    const done = traced.done(`${prefix}/done`);
    return { placeholders, outputs, done, bytes: memoryOf(graph, fetchesOf({ outputs, done })).bytes };
  });
}

/** All that is fetched when a function runs. */
export function fetchesOf({ outputs, done }: Pick<TracedFunction, "outputs" | "done">): readonly Output[] {
  return [...outputs.values(), ...(done ? [done] : [])];
}

function placeholder(graph: Graph, name: string, { type, shape }: Form): Output {
  const attributes = { dtype: { type }, shape: { shape } };
  return graph.add({ op: "Placeholder", name, attributes, outputs: [{ type, shape }] })[0] as Output;
}

/** TensorFlow checks no shape of what is fed, and its optimiser knows none; both need this op. */
function checked(graph: Graph, fed: Output): Output {
  const { type, shape } = fed;
  const sure = graph.one("EnsureShape", [fed], fed, { T: { type }, shape: { shape } });
  return type === "uint8" ? cast(graph, sure, "float32") : sure;
}

/** The binding hands out float32, int32 and bool only. */
function fetched(graph: Graph, name: string, output: Output): Output {
  const readable = wide(graph, output);
  const { type, shape } = readable;
  const node = { op: "Identity", name, inputs: [readable], attributes: { T: { type } }, outputs: [{ type, shape }] };
  return graph.add(node)[0] as Output;
}

/** Says in the words of a model's author what tfjs says of a kernel that is not there. */
function explained<T>(graph: Graph, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const [, kernel] = /^Kernel '(\w+)' not registered/.exec(error instanceof Error ? error.message : "") ?? [];
    const code = error instanceof PetageError ? error.code : undefined;
    const where = graph.lastPlace === "" ? "" : `, in ${graph.lastPlace}`;
    if (kernel === undefined && error instanceof Error && error.name === "Error") {
      throw new PetageError("INVALID_ARGUMENT", `Shapes do not fit${where}: ${error.message}`, { cause: error });
    }
    if (kernel === undefined && code !== "GRAPH_UNSUPPORTED") throw error;
    const why = kernel === undefined ? PetageError.from(error) : unsupported(`the op ${kernel}`);
    throw new PetageError("GRAPH_UNSUPPORTED", `${why.message}${where}`, { hint: why.hint, cause: error });
  }
}

/** Variables as a function sees them that is traced: it gets reads, and its writes are nodes. */
class TracedVariables implements Variables {
  readonly #backend: TracingBackend;
  readonly #graph: Graph;
  readonly #known: ReadonlyMap<string, TracedVariable>;
  readonly #set = new Map<string, Output>();

  constructor(backend: TracingBackend, graph: Graph, known: ReadonlyMap<string, TracedVariable>) {
    this.#backend = backend;
    this.#graph = graph;
    this.#known = known;
  }

  get(name: string): Tensor {
    return this.#backend.tensorOf(this.#set.get(name) ?? this.#variable(name).value);
  }

  set(name: string, tensor: Tensor): void {
    this.#set.set(name, wide(this.#graph, this.#backend.outputOf(tensor)));
  }

  #variable(name: string): TracedVariable {
    const known = this.#known.get(name);
    if (!known) throw unsupported(`the variable ${name}, which has no value yet`);
    return known;
  }

  /** Reads go before writes: whoever reads sees what was there before. */
  done(name: string): Output | undefined {
    if (this.#set.size === 0) return undefined;
    const writes = [...this.#set].map(([variable, value]) => {
      const { handle, value: read, type } = this.#variable(variable);
      return write(this.#graph, handle, { value: ownMemory(this.#graph, value), type, after: [read.node] });
    });
    return after(this.#graph, name, writes);
  }
}

/**
 * A variable keeps the memory of what it is set to. That may be JavaScript's (see `owned`), of what was fed: TensorFlow
 * drops what changes nothing, as a product with 1. A sum or a difference of two computed values is always new.
 */
function ownMemory(graph: Graph, value: Output): Output {
  const { op, inputs } = value.node;
  const isNew = ["AddV2", "Sub"].includes(op) && inputs.every(({ node }) => node.op !== "Const");
  return isNew ? value : graph.one("DeepCopy", [value], value, { T: { type: value.type } });
}

/** A variable of the session, named after its layer. */
export function addVariable(graph: Graph, name: string, { type, shape }: Form): TracedVariable {
  const attributes = { dtype: { type }, shape: { shape }, shared_name: { text: name }, container: { text: "" } };
  return graph.at(name.slice(0, Math.max(0, name.lastIndexOf("."))), () => {
    const handle = graph.one("VarHandleOp", [], { type: "resource", shape: [] }, attributes);
    const value = graph.one("ReadVariableOp", [handle], { type, shape }, { dtype: { type } });
    const fed = placeholder(graph, `write/${name}`, { type, shape });
    const written = after(graph, `written/${name}`, [write(graph, handle, { value: fed, type })]);
    return { type, shape, handle, value, fed, written };
  });
}

function write(
  graph: Graph,
  handle: Output,
  { value, type, after: controls = [] }: { value: Output; type: Form["type"]; after?: readonly GraphNode[] },
): GraphNode {
  const attributes = { dtype: { type } };
  graph.add({ op: "AssignVariableOp", inputs: [handle, value], controls, attributes, outputs: [] });
  return graph.nodes.at(-1) as GraphNode;
}

/** Something to fetch that is there when nodes without outputs have run. */
function after(graph: Graph, name: string, controls: readonly GraphNode[]): Output {
  const inputs = [graph.float(0)];
  const attributes = { T: { type: "float32" } } as const;
  const outputs = [{ type: "float32", shape: [] }] as const;
  return graph.add({ op: "Identity", name, inputs, controls, attributes, outputs })[0] as Output;
}
