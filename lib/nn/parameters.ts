import type { ParameterSpec } from "./types.ts";

/** Those that get gradients, in `state_dict` order. */
export function trainedParameters(specs: readonly ParameterSpec[]): ParameterSpec[] {
  return specs.filter((spec) => spec.kind === "parameter" && spec.trainable);
}

/** Running statistics that move while training. */
export function trackedStatistics(specs: readonly ParameterSpec[]): ParameterSpec[] {
  return specs.filter((spec) => spec.kind === "buffer" && spec.trainable);
}

/** How many values a parameter has. */
export function sizeOf({ shape }: ParameterSpec): number {
  return shape.reduce((product, length) => product * length, 1);
}
