import { philox } from "#lib/base/random.ts";
import { sizeOf } from "./parameters.ts";
import type { ParameterSpec } from "./types.ts";

/**
 * Start values of a parameter in PyTorch's order, decided by (seed, index of the parameter) alone, so that every rank
 * draws the same. Normal deviates by Box–Muller over a small fast generator seeded from Philox: a network has tens of
 * millions of them.
 */
export function initialValues(spec: ParameterSpec, seed: number, index: number): Float32Array {
  const values = new Float32Array(sizeOf(spec));
  if (spec.initial.kind === "constant") return values.fill(spec.initial.value);
  const uniform = smallFastGenerator(philox([index >>> 0, 0, 0, 1], [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]));
  const { deviation } = spec.initial;
  for (let at = 0; at < values.length; at += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[at] = radius * Math.cos(angle);
    if (at + 1 < values.length) values[at + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** sfc32 (Doty-Humphrey, PractRand): floats in [0, 1) from a state of four 32-bit words. */
function smallFastGenerator([first, second, third, fourth]: readonly [number, number, number, number]): () => number {
  let a = first | 0;
  let b = second | 0;
  let c = third | 0;
  let counter = fourth | 0;
  return () => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return (result >>> 0) / 4294967296;
  };
}
