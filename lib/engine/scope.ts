import * as tf from "@tensorflow/tfjs";

/** `tf.tidy` for functions that return more than tensors: frees every tensor made inside that was not kept. */
export function scoped<T>(compute: () => T): T {
  let result: { readonly value: T } | undefined;
  tf.tidy(() => {
    result = { value: compute() };
  });
  return (result as { readonly value: T }).value;
}
