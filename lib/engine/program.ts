import type { Tensor } from "@tensorflow/tfjs-core";
import type { Form } from "./op.ts";

/** Tensors by name that outlive the functions that use them: weights, running statistics, what an optimizer keeps. */
export interface Variables {
  /** The value now; of the caller's tidy, or the variable's own. */
  get(name: string): Tensor;
  /** Takes a value of the same shape as those before it. */
  set(name: string, value: Tensor): void;
}

/** Values that come from outside, row-major. */
export type Feed =
  | { readonly type: "float32"; readonly shape: readonly number[]; readonly values: Float32Array }
  | { readonly type: "int32"; readonly shape: readonly number[]; readonly values: Int32Array }
  /** Pixels, which a function sees as float32. */
  | { readonly type: "uint8"; readonly shape: readonly number[]; readonly values: Uint8Array };

export type Feeds = Readonly<Record<string, Feed>>;

/** What will be fed, without the values. */
export type Forms = Readonly<Record<string, Form>>;

/**
 * A function of tensors, over variables. It reads no value and nothing that changes but what it is given: then it can be
 * run op by op, or traced once into a graph.
 */
export type TensorFunction = (
  variables: Variables,
  inputs: Readonly<Record<string, Tensor>>,
) => Readonly<Record<string, Tensor>>;

/** Names of outputs, in the order in which they are wanted. */
export type Parts = readonly (readonly string[])[];

/** What a function gave. Disposing frees it. */
export interface Results extends Disposable {
  /** Values as row-major float32; of its caller. */
  read(name: string): Float32Array;
}

/** Runs functions over one set of variables, one at a time. Disposing frees the variables. */
export interface Runner extends Disposable {
  /** Between functions. */
  readonly variables: Variables;
  /** Says that a function will be run with feeds of these forms: what is known before the first run costs it nothing. */
  prepare(compute: TensorFunction, forms: Forms): void;
  /** A graph is traced the first time that a function comes with feeds of these forms. */
  run(compute: TensorFunction, feeds: Feeds): Results;
  /**
   * Runs a function in parts: the outputs of each are there before the next is computed. No other function is run
   * meanwhile. Results are freed when the next are asked for.
   */
  runInParts(compute: TensorFunction, feeds: Feeds, parts: Parts): Generator<Pick<Results, "read">, void, undefined>;
}
