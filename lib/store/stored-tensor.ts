import { PetageError } from "#lib/base/errors.ts";
import type { TensorData } from "#lib/model/checkpoint.ts";
import { FLOAT32 } from "./element-types.ts";
import type { ElementType } from "./element-types.ts";

/** A tensor as it lies in a file: a view of a storage. Offset, shape and strides count values. */
export interface StoredTensor {
  readonly storage: Uint8Array;
  readonly type: ElementType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Views may share a storage, and repeat its values (stride 0), so that a small file could ask for any amount of memory:
 * all tensors together have at most so many values for each byte of the file, and so many on top.
 */
const MAX_VALUES_PER_BYTE = 4;
const MAX_EXTRA_VALUES = 16 * 2 ** 20;
/** More than PyTorch and NumPy can have. */
export const MAX_AXES = 64;
const MAX_SHOWN_CHARACTERS = 100;

/** Strides of a tensor whose values lie in row-major order. */
export function contiguousStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => countOf(shape.slice(axis + 1)));
}

/** How many values a shape has. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A name from a file, as it may stand in a message of one line. */
export function shown(name: string): string {
  const line = name.replaceAll(/[\p{Cc}\u2028\u2029]/gu, "?");
  return line.length > MAX_SHOWN_CHARACTERS ? `${line.slice(0, MAX_SHOWN_CHARACTERS)}…` : line;
}

/** @throws CHECKPOINT_INVALID naming the first tensor that does not lie within its storage, or is too much */
export function checkTensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  { source, fileBytes }: { readonly source: string; readonly fileBytes: number },
): void {
  let left = fileBytes * MAX_VALUES_PER_BYTE + MAX_EXTRA_VALUES;
  for (const [name, tensor] of tensors) {
    left -= countOf(tensor.shape);
    const fault =
      rangeFault(tensor) ?? (left < 0 ? `its shape [${tensor.shape.join(", ")}] is too large for the file` : undefined);
    if (fault === undefined) continue;
    throw new PetageError("CHECKPOINT_INVALID", `${source} is damaged: ${shown(name)}: ${fault}`);
  }
}

/** What is wrong with the range of a view; nothing where every value lies within the storage. */
export function rangeFault({ storage, type, offset, shape, strides }: StoredTensor): string | undefined {
  if (shape.length > MAX_AXES) return `it has ${shape.length} axes, expected at most ${MAX_AXES}`;
  const numbers = [offset, ...shape, ...strides];
  if (strides.length !== shape.length || !numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
    return `its offset ${offset}, shape [${shape.join(", ")}] and strides [${strides.join(", ")}] are not whole numbers from 0 for each axis`;
  }
  const count = countOf(shape);
  if (!Number.isSafeInteger(count)) return `its shape [${shape.join(", ")}] is too large`;
  if (count === 0) return undefined;
  const last = shape.reduce((at, size, axis) => at + (size - 1) * (strides[axis] ?? 0), offset);
  const there = Math.floor(storage.length / type.bytes);
  return last < there ? undefined : `it reaches to value ${last} of its storage, which has ${there}`;
}

/** The values of tensors whose ranges were checked, by their names. */
export function readAll(tensors: ReadonlyMap<string, StoredTensor>): Map<string, TensorData> {
  return new Map([...tensors].map(([name, tensor]) => [name, valuesOf(tensor)]));
}

/** The values of a tensor whose range was checked, in row-major order and in a buffer of their own. */
export function valuesOf(tensor: StoredTensor): TensorData {
  const { storage, type, offset, shape } = tensor;
  if (type !== FLOAT32 || !isContiguous(tensor)) return gather(tensor);
  const bytes = storage.subarray(offset * type.bytes, (offset + countOf(shape)) * type.bytes);
  // A copy, because typed arrays need an alignment that a file does not promise. (`slice` of a Buffer is none.)
  return { dtype: "F32", shape, values: new Float32Array(new Uint8Array(bytes).buffer) };
}

function isContiguous({ shape, strides }: StoredTensor): boolean {
  const expected = contiguousStrides(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === expected[axis]);
}

function gather({ storage, type, offset, shape, strides }: StoredTensor): TensorData {
  const view = new DataView(storage.buffer, storage.byteOffset, storage.byteLength);
  const count = countOf(shape);
  const values = type.integer ? new BigInt64Array(count) : new Float32Array(count);
  const index = shape.map(() => 0);
  let at = offset;
  for (let position = 0; position < count; position++) {
    values[position] = type.read(view, at * type.bytes);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      at -= (strides[axis] ?? 0) * (shape[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return values instanceof Float32Array ? { dtype: "F32", shape, values } : { dtype: "I64", shape, values };
}
