import type { Tensor } from "@tensorflow/tfjs-core";

/** What the elements of a tensor are, by TensorFlow's own names. */
export type ElementType = "float32" | "int32" | "bool" | "uint8" | "bfloat16" | "resource";

/** What convolutions and matrix products compute in. */
export type Precision = "float32" | "bfloat16";

/** What a tensor is, without its values. */
export interface Form {
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** How many values a tensor of this shape has. */
export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Values of a constant. */
export interface ConstantValue extends Form {
  /** Little endian, row-major. */
  readonly bytes: Uint8Array;
}

/** An attribute of a TensorFlow op, as its `AttrValue` has it. */
export type Attribute =
  | { readonly type: ElementType }
  | { readonly shape: readonly number[] }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly value: ConstantValue };

export type Attributes = Readonly<Record<string, Attribute>>;

/** A TensorFlow op by name, for what tfjs lacks. */
export interface OpCall {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** One for each of its outputs. */
  readonly outputs: readonly Form[];
  /** Which inputs and outputs have the type `T`, and may be bfloat16 together. */
  readonly typed: { readonly inputs: readonly number[]; readonly outputs: readonly number[] };
}

/** Runs an op, or adds it to the graph that is traced. */
export type RunOp = (call: OpCall) => Tensor[];
