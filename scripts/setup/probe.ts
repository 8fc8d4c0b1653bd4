/** Loads the engine, multiplies two matrices in float32 and in bfloat16, and prints what it found as JSON. */
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import { loadEngine } from "#lib/engine/load.ts";

export interface ProbeResult {
  readonly backend: string;
  readonly version: string;
  readonly device: string;
  readonly threadCount: number;
  /** How many times faster a matrix product is in bfloat16 than in float32. */
  readonly bfloat16Speedup: number;
}

// TensorFlow's numbers of its data types.
const FLOAT32 = 1;
const BFLOAT16 = 14;
const SIZE = 768;
const ROUNDS = 7;

/** The binding below tfjs: the only way to a type that tfjs does not have. */
interface Binding {
  TF_ATTR_TYPE: number;
  TF_ATTR_BOOL: number;
  createTensor(shape: readonly number[], type: number, values: Float32Array): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: readonly object[], inputs: readonly number[], outputs: number): { id: number }[];
}

/** Milliseconds of a matrix product, the median of some. */
function productMs(binding: Binding, type: number): number {
  const values = new Float32Array(SIZE * SIZE).fill(0.5);
  const matrix = binding.createTensor([SIZE, SIZE], FLOAT32, values);
  const cast = execute(binding, "Cast", [matrix], { SrcT: FLOAT32, DstT: type });
  const timesMs = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    binding.deleteTensor(execute(binding, "MatMul", [cast, cast], { T: type }));
    return performance.now() - startedMs;
  });
  for (const id of new Set([matrix, cast])) binding.deleteTensor(id);
  return timesMs.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}

function execute(binding: Binding, name: string, inputs: readonly number[], types: Record<string, number>): number {
  const attributes = Object.entries(types).map(([key, value]) => ({ name: key, type: binding.TF_ATTR_TYPE, value }));
  const [output] = binding.executeOp(name, attributes, inputs, 1);
  if (output === undefined) throw new Error(`${name} gave no output`);
  return output.id;
}

const engine = await loadEngine();
const product = tf.matMul([[2]], [[3]]).dataSync()[0];
if (product !== 6) throw new Error(`TensorFlow computes 2 x 3 = ${product}`);
let bfloat16Speedup = Number.NaN;
if (engine.backend === "tensorflow") {
  const { binding } = tf.backend() as unknown as { binding: Binding };
  bfloat16Speedup = productMs(binding, FLOAT32) / productMs(binding, BFLOAT16);
}
const threadCount = Number(process.env["TF_NUM_INTRAOP_THREADS"]) || availableParallelism();
const { backend, version, device } = engine;
console.log(JSON.stringify({ backend, version, device, threadCount, bfloat16Speedup } satisfies ProbeResult));
