import { inflateRawSync } from "node:zlib";
import { PetageError } from "#lib/base/errors.ts";
import type { StateDict, TensorData } from "#lib/model/checkpoint.ts";
import { hasEntries, readPickle, textOf } from "./pickle.ts";
import type { Pickled } from "./pickle.ts";

/**
 * Weights of a file that torch.save wrote, in either of its formats: a zip archive (since PyTorch 1.6) or the older run
 * of pickles, which OpenMMLab's published checkpoints use. Takes the tensors under `state_dict`, or of the file itself
 * where there is none. Runs no code of the file. Throws CHECKPOINT_INVALID naming `source`.
 */
export function decodePth(bytes: Uint8Array, source: string): StateDict {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const { root, storageOf } = isZip ? openZip(bytes, source) : openLegacy(bytes, source);
  const entries = entriesOf(entriesOf(root)?.get("state_dict") ?? root);
  const tensors = new Map<string, TensorData>();
  for (const [name, value] of entries ?? []) {
    const tensor = readTensor(value, storageOf, `${source}: ${textOf(name)}`);
    if (typeof name === "string" && tensor) tensors.set(name.replace(/^module\./, ""), tensor);
  }
  if (tensors.size > 0) return tensors;
  throw new PetageError("CHECKPOINT_INVALID", `${source} holds no tensors, expected a state_dict`);
}

/** The raw values of a storage. */
type StorageReader = (storage: Storage) => Uint8Array;

interface Storage {
  readonly type: string;
  readonly key: string;
}

interface OpenFile {
  readonly root: Pickled;
  readonly storageOf: StorageReader;
}

function invalid(source: string, what: string): PetageError {
  return new PetageError("CHECKPOINT_INVALID", `${source} is not a file of torch.save: ${what}`, {
    hint: "Save it again with torch.save, or as safetensors",
  });
}

function openZip(bytes: Uint8Array, source: string): OpenFile {
  const files = readZip(bytes, source);
  const pickle = [...files.keys()].find((name) => name.endsWith("/data.pkl"));
  if (pickle === undefined) throw invalid(source, "the archive has no data.pkl");
  const folder = pickle.slice(0, -"data.pkl".length);
  return {
    root: readPickle(files.get(pickle)?.() ?? new Uint8Array(), 0, source).value,
    storageOf({ key }) {
      const read = files.get(`${folder}data/${key}`);
      if (read) return read();
      throw invalid(source, `the archive has no storage ${key}`);
    },
  };
}

const CENTRAL_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_BYTES = 22;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;

/** The files of a zip archive (PKWARE's APPNOTE 4.3), each read when asked for; torch stores them uncompressed. */
function readZip(bytes: Uint8Array, source: string): Map<string, () => Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_OF_DIRECTORY_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw invalid(source, "the archive has no directory; the file may be cut off");
  const files = new Map<string, () => Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + CENTRAL_HEADER_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL_ENTRY) {
      throw invalid(source, "the archive's directory is damaged");
    }
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const nameStart = at + CENTRAL_HEADER_BYTES;
    const name = new TextDecoder().decode(bytes.subarray(nameStart, nameStart + (nameLength ?? 0)));
    const entry = {
      method: view.getUint16(at + 10, true),
      size: view.getUint32(at + 20, true),
      local: view.getUint32(at + 42, true),
    };
    files.set(name, () => readEntry(bytes, entry, source));
    at = nameStart + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return files;
}

function readEntry(
  bytes: Uint8Array,
  { method, size, local }: { readonly method: number; readonly size: number; readonly local: number },
  source: string,
): Uint8Array {
  if (local + LOCAL_HEADER_BYTES > bytes.length) throw invalid(source, "the archive is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = local + LOCAL_HEADER_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + size > bytes.length) throw invalid(source, "the archive is cut off");
  const data = bytes.subarray(start, start + size);
  return method === 0 ? data : inflateRawSync(data);
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** Magic number, protocol version, facts of the system, the object, the keys of its storages, then the storages. */
function openLegacy(bytes: Uint8Array, source: string): OpenFile {
  let position = 0;
  const next = (): Pickled => {
    const { value, end } = readPickle(bytes, position, source);
    position = end;
    return value;
  };
  if (next() !== LEGACY_MAGIC) throw invalid(source, "it has another beginning");
  next();
  next();
  const root = next();
  const keys = itemsOf(next()) ?? [];
  const types = storageTypes(root);
  const storages = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    if (position + 8 > bytes.length) throw invalid(source, "it is cut off");
    const count = Number(view.getBigInt64(position, true));
    const length = count * (ELEMENTS[types.get(textOf(key)) ?? ""]?.bytes ?? NaN);
    position += 8;
    if (!(position + length <= bytes.length))
      throw invalid(source, `storage ${textOf(key)} is cut off or of unknown type`);
    storages.set(textOf(key), bytes.subarray(position, position + length));
    position += length;
  }
  return {
    root,
    storageOf({ key }) {
      const storage = storages.get(key);
      if (storage) return storage;
      throw invalid(source, `it has no storage ${key}`);
    },
  };
}

/** The types of all storages that an object refers to, by key. */
function storageTypes(root: Pickled): Map<string, string> {
  const types = new Map<string, string>();
  const seen = new Set<Pickled>();
  const pending: Pickled[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array || seen.has(value)) continue;
    seen.add(value);
    if (value.kind === "reference") {
      const storage = storageOfReference(value);
      if (storage) types.set(storage.key, storage.type);
    }
    pending.push(...childrenOf(value));
  }
  return types;
}

function childrenOf(value: Exclude<Pickled, null | boolean | number | bigint | string | Uint8Array>): Pickled[] {
  switch (value.kind) {
    case "list":
      return value.items;
    case "dict":
      return [...value.entries.values()];
    case "call":
      return [value.arguments, ...value.entries.values(), ...(value.state === undefined ? [] : [value.state])];
    default:
      return [];
  }
}

/** `('storage', torch.FloatStorage, key, location, count)`. */
function storageOfReference(value: Pickled | undefined): Storage | undefined {
  if (typeof value !== "object" || value === null || !("id" in value)) return undefined;
  const [tag, type, key] = itemsOf(value.id) ?? [];
  if (tag !== "storage" || typeof type !== "object" || type === null || !("name" in type)) return undefined;
  return { type: type.name.replace(/^torch\./, ""), key: textOf(key) };
}

interface ElementType {
  readonly bytes: number;
  readonly integer?: true;
  read(view: DataView, at: number): number | bigint;
}

const ELEMENTS: Readonly<Record<string, ElementType>> = {
  FloatStorage: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  DoubleStorage: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  HalfStorage: { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BFloat16Storage: { bytes: 2, read: (view, at) => bfloatToNumber(view.getUint16(at, true)) },
  LongStorage: { bytes: 8, integer: true, read: (view, at) => view.getBigInt64(at, true) },
  IntStorage: { bytes: 4, integer: true, read: (view, at) => BigInt(view.getInt32(at, true)) },
  ShortStorage: { bytes: 2, integer: true, read: (view, at) => BigInt(view.getInt16(at, true)) },
  CharStorage: { bytes: 1, integer: true, read: (view, at) => BigInt(view.getInt8(at)) },
  ByteStorage: { bytes: 1, integer: true, read: (view, at) => BigInt(view.getUint8(at)) },
  BoolStorage: { bytes: 1, integer: true, read: (view, at) => BigInt(view.getUint8(at)) },
};

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

function bfloatToNumber(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

function readTensor(value: Pickled, storageOf: StorageReader, what: string): TensorData | undefined {
  try {
    return tensorOf(value, storageOf);
  } catch (cause) {
    if (cause instanceof RangeError) throw new PetageError("CHECKPOINT_INVALID", `${what} is damaged`, { cause });
    throw cause;
  }
}

/** A tensor from the call that would have made it; nothing for any other value. */
function tensorOf(value: Pickled, storageOf: StorageReader): TensorData | undefined {
  if (typeof value !== "object" || value === null || !("callee" in value)) return undefined;
  const callee =
    typeof value.callee === "object" && value.callee !== null && "name" in value.callee ? value.callee.name : "";
  const parts = itemsOf(value.arguments) ?? [];
  if (callee === "torch._utils._rebuild_parameter") return tensorOf(parts[0] ?? null, storageOf);
  if (callee !== "torch._utils._rebuild_tensor_v2") return undefined;
  const storage = storageOfReference(parts[0]);
  const element = storage && ELEMENTS[storage.type];
  if (!storage || !element) return undefined;
  const [shape, strides] = [numbersOf(parts[2]), numbersOf(parts[3])];
  return gather(storageOf(storage), element, { offset: Number(parts[1]), shape, strides });
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  return shape.every((_, back) => {
    const axis = shape.length - 1 - back;
    const fits = shape[axis] === 1 || strides[axis] === expected;
    expected *= shape[axis] ?? 1;
    return fits;
  });
}

interface Strided {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Copies a strided view in row-major order, which also brings it to an aligned buffer. */
function gather(bytes: Uint8Array, element: ElementType, { offset, shape, strides }: Strided): TensorData {
  const count = shape.reduce((product, size) => product * size, 1);
  if ((offset + count) * element.bytes > bytes.length) throw new RangeError("a tensor reaches beyond its storage");
  if (element === ELEMENTS["FloatStorage"] && isContiguous(shape, strides)) {
    const copy = new Uint8Array(bytes.subarray(offset * 4, (offset + count) * 4));
    return { dtype: "F32", shape, values: new Float32Array(copy.buffer) };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = element.integer ? new BigInt64Array(count) : new Float32Array(count);
  const index = shape.map(() => 0);
  let at = offset;
  for (let position = 0; position < count; position++) {
    values[position] = element.read(view, at * element.bytes);
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

function itemsOf(value: Pickled | undefined): Pickled[] | undefined {
  return typeof value === "object" && value !== null && "items" in value ? value.items : undefined;
}

/** The entries of a dict, or of a call that makes one (OrderedDict). */
function entriesOf(value: Pickled | undefined): Map<Pickled, Pickled> | undefined {
  return hasEntries(value) ? value.entries : undefined;
}

function numbersOf(value: Pickled | undefined): number[] {
  return (itemsOf(value) ?? []).map(Number);
}
