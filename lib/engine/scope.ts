import * as tf from "@tensorflow/tfjs-core";

/**
 * `tf.tidy` for functions that return something else than tensors: frees every tensor made inside that was not kept.
 * `tf.tidy` itself searches what is returned for tensors, element by element: seconds for a large array of numbers.
 */
export function scoped<T>(compute: () => T): T {
  let result: { readonly value: T } | undefined;
  tf.tidy(() => {
    result = { value: compute() };
  });
  return (result as { readonly value: T }).value;
}
