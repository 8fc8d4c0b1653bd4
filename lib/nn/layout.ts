import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { scoped } from "#lib/engine/scope.ts";
import type { Layout, ParameterSpec } from "./types.ts";

const TO_TENSORFLOW: Readonly<Record<Layout, readonly number[]>> = {
  conv: [2, 3, 1, 0], // OIHW -> HWIO
  linear: [1, 0], // [out, in] -> [in, out]
  plain: [],
};
const TO_PYTORCH: Readonly<Record<Layout, readonly number[]>> = {
  conv: [3, 2, 0, 1], // HWIO -> OIHW
  linear: [1, 0],
  plain: [],
};

/** Values in PyTorch's order as a tensor in TensorFlow's layout. */
export function fromPyTorch(values: Float32Array, spec: ParameterSpec): Tensor {
  return tf.tidy(() => permute(tf.tensor(values, [...spec.shape], "float32"), TO_TENSORFLOW[spec.layout]));
}

/** A tensor in TensorFlow's layout as values in PyTorch's order. */
export function toPyTorch(tensor: Tensor, spec: ParameterSpec): Float32Array {
  return scoped(() => permute(tensor, TO_PYTORCH[spec.layout]).dataSync<"float32">());
}

/** Shape of the tensor that a parameter has inside: PyTorch's shape, permuted. */
export function tensorShape(spec: ParameterSpec): number[] {
  const order = TO_TENSORFLOW[spec.layout];
  return order.length === 0 ? [...spec.shape] : order.map((axis) => spec.shape[axis] ?? 1);
}

function permute(tensor: Tensor, order: readonly number[]): Tensor {
  return order.length === 0 ? tensor.clone() : tf.transpose(tensor, [...order]);
}
