import type { DataType } from "@tensorflow/tfjs-core";
import { PetageError } from "#lib/base/errors.ts";
import { assert, defined } from "#lib/base/assert.ts";
import type { ElementType, Form } from "#lib/engine/op.ts";
import type { Graph, Output } from "./graph.ts";

/** A tfjs kernel that adds nodes in place of computing. */
export type Kernel = (call: KernelCall) => Output | readonly Output[];

/** What tfjs hands to a kernel, with the outputs of nodes where it has tensors. */
export interface KernelCall {
  readonly graph: Graph;
  readonly input: (name: string) => Output;
  /** Those of an op that takes any number. */
  readonly inputs: readonly Output[];
  /** An attribute as tfjs documents it for this kernel. */
  readonly attribute: <T>(name: string) => T;
  /** An error for what this kernel cannot say in a graph. */
  readonly unsupported: (what: string) => PetageError;
}

export function unsupported(what: string): PetageError {
  return new PetageError("GRAPH_UNSUPPORTED", `A graph cannot hold ${what}`, {
    hint: "Run with --eager, or write it with other ops",
  });
}

export function kernelCall(
  name: string,
  graph: Graph,
  inputs: Readonly<Record<string, Output>>,
  attributes: Readonly<Record<string, unknown>>,
): KernelCall {
  return {
    graph,
    inputs: Object.values(inputs),
    input: (key) => defined(inputs[key], `input ${key} of ${name}`),
    attribute: <T>(key: string) => attributes[key] as T,
    unsupported: (what) => unsupported(`${name} with ${what}`),
  };
}

/** The type that tfjs knows a tensor by: it has no bfloat16. */
export function dataTypeOf(type: ElementType): DataType {
  if (type === "bfloat16") return "float32";
  assert(type === "float32" || type === "int32" || type === "bool", `tfjs has no ${type}`);
  return type;
}

export function cast(graph: Graph, x: Output, type: ElementType): Output {
  if (x.type === type) return x;
  return graph.one("Cast", [x], { type, shape: x.shape }, { SrcT: { type: x.type }, DstT: { type } });
}

/** As the graph wants to have what is multiplied: rounded to bfloat16 where it computes in that. */
export function narrow(graph: Graph, x: Output): Output {
  return graph.precision === "bfloat16" && x.type === "float32" ? cast(graph, x, "bfloat16") : x;
}

/** In float32 where it was rounded to bfloat16. */
export function wide(graph: Graph, x: Output): Output {
  return x.type === "bfloat16" ? cast(graph, x, "float32") : x;
}

/** All in bfloat16 where all are, else none. */
export function alike(graph: Graph, inputs: readonly Output[]): readonly Output[] {
  return inputs.every(({ type }) => type === "bfloat16") ? inputs : inputs.map((x) => wide(graph, x));
}

/** A node of one output whose inputs and output are of one type, `T`. */
export function simple(graph: Graph, op: string, inputs: readonly Output[], shape: Form["shape"]): Output {
  const { type } = defined(inputs[0], `an input of ${op}`);
  return graph.one(op, inputs, { type, shape }, { T: { type } });
}
