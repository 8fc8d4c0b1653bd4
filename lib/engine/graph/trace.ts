import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { PetageError } from "#lib/base/errors.ts";
import type { Forms, Parts, TensorFunction, Variables } from "#lib/engine/program.ts";
import type { Graph, Output } from "./graph.ts";
import { cast, unsupported, wide } from "./kernel.ts";
import { memoryOf } from "./memory.ts";
import { tracingBackend } from "./tracing-backend.ts";
import type { TracingBackend } from "./tracing-backend.ts";
import { cut, fetchesOf } from "./segments.ts";
import type { Segment } from "./segments.ts";
import { after, deepCopy, placeholder, write } from "./variable.ts";
import type { TracedVariable } from "./variable.ts";

/** A function as it stands in a graph. */
export interface TracedFunction {
  /** One, unless it is run in parts. */
  readonly segments: readonly Segment[];
  /** Of memory, at its worst moment. */
  readonly bytes: number;
}

/**
 * Adds what a function does to a graph, by running it once on tensors without values.
 * @param prefix names what is fed and fetched
 * @param parts names of the outputs of each segment that it is cut into; without them it is one
 * @throws GRAPH_UNSUPPORTED where it reads a value, or does what no kernel is there for; the message names op and layer
 */
export function trace(
  graph: Graph,
  {
    compute,
    forms,
    prefix,
    variables,
    parts,
  }: {
    readonly compute: TensorFunction;
    readonly forms: Forms;
    readonly prefix: string;
    readonly variables: ReadonlyMap<string, TracedVariable>;
    readonly parts?: Parts | undefined;
  },
): TracedFunction {
  const backend = tracingBackend();
  const from = graph.nodes.length;
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
    const whole = { placeholders, outputs, done: traced.done(`${prefix}/done`) };
    const { bytes } = memoryOf(graph, fetchesOf(whole));
    return { segments: parts ? cut(graph, whole, { parts, prefix, from }) : [whole], bytes };
  });
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
      const { handle, value: read } = this.#variable(variable);
      return write(this.#graph, handle, ownMemory(this.#graph, value), [read.node]);
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
  return isNew ? value : deepCopy(graph, value);
}
