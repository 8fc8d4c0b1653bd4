import { PetageError } from "#lib/base/errors.ts";
import { ELEMENT_TYPES } from "./element-types.ts";
import { childrenOf, itemsOf, nameOf, readPickle, textOf } from "./pickle.ts";
import type { Pickled } from "./pickle.ts";
import { shown } from "./stored-tensor.ts";
import { openArchive } from "./zip.ts";

/** What torch.save was given, and the storages of its tensors. */
export interface TorchFile {
  readonly root: Pickled;
  /** The raw values of a storage, each read once. */
  storageOf(storage: Storage): Uint8Array;
}

/** A storage as a pickle refers to it. */
export interface Storage {
  /** As safetensors calls it; PyTorch's own name where that has none. */
  readonly type: string;
  readonly key: string;
}

const SAVE_AGAIN = "Save it again with torch.save, or as safetensors";

/**
 * Opens a file of torch.save, in either of its formats: a zip archive (since PyTorch 1.6) or the older run of pickles,
 * which OpenMMLab's published checkpoints use. Runs no code of the file.
 * @throws CHECKPOINT_INVALID naming `source`
 */
export function openTorchFile(bytes: Uint8Array, source: string): TorchFile {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return isZip ? openZip(bytes, source) : openLegacy(bytes, source);
}

function invalid(source: string, what: string, hint = SAVE_AGAIN): PetageError {
  return new PetageError("CHECKPOINT_INVALID", `${source} is not a file of torch.save: ${what}`, { hint });
}

function openZip(bytes: Uint8Array, source: string): TorchFile {
  const archive = openArchive(bytes, (what) => invalid(source, what, "Download or copy it again"));
  const pickle = archive.names.find((name) => name.endsWith("/data.pkl"));
  if (pickle === undefined) throw invalid(source, "the archive has no data.pkl");
  const folder = pickle.slice(0, -"data.pkl".length);
  if (archive.names.some((name) => name.startsWith(`${folder}code/`))) {
    const hint = "Save its weights: torch.save(torch.jit.load(FILE).state_dict(), ...)";
    throw invalid(source, "it is a TorchScript program", hint);
  }
  const order = archive.read(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order) !== "little") throw invalid(source, "its values are big-endian");
  const root = readPickle(archive.read(pickle) ?? new Uint8Array(), 0, source).value;
  return {
    root,
    storageOf({ key }) {
      const storage = archive.read(`${folder}data/${key}`);
      if (storage) return storage;
      throw invalid(source, `the archive has no storage ${shown(key)}`);
    },
  };
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** Magic number, protocol version, facts of the system, the object, the keys of its storages, then the storages. */
function openLegacy(bytes: Uint8Array, source: string): TorchFile {
  let position = 0;
  const next = (): Pickled => {
    const { value, end } = readPickle(bytes, position, source);
    position = end;
    return value;
  };
  if (next() !== LEGACY_MAGIC) throw invalid(source, "it is another program's pickle");
  next();
  next();
  const root = next();
  const keys = (itemsOf(next()) ?? []).map(textOf);
  const storages = readStorages(keys, { bytes, position, source, types: storageTypes(root) });
  return {
    root,
    storageOf({ key }) {
      const storage = storages.get(key);
      if (storage) return storage;
      throw invalid(source, `it has no storage ${shown(key)}`);
    },
  };
}

interface StoragesPart {
  readonly bytes: Uint8Array;
  /** Where the first storage begins. */
  readonly position: number;
  readonly source: string;
  readonly types: ReadonlyMap<string, string>;
}

/** One after another, each behind the number of its values. */
function readStorages(keys: readonly string[], part: StoragesPart): Map<string, Uint8Array> {
  const { bytes, source, types } = part;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  let { position } = part;
  for (const key of keys) {
    if (storages.has(key)) throw invalid(source, `it has two storages ${shown(key)}`);
    if (position + 8 > bytes.length) throw invalid(source, "it is cut off", "Download or copy it again");
    const type = types.get(key) ?? "no tensor";
    const width = ELEMENT_TYPES.get(type)?.bytes;
    if (width === undefined) throw invalid(source, `storage ${shown(key)} is of ${shown(type)}`);
    const length = Number(view.getBigInt64(position, true)) * width;
    position += 8;
    if (!(length >= 0 && position + length <= bytes.length)) {
      throw invalid(source, `it is cut off in storage ${shown(key)}`, "Download or copy it again");
    }
    storages.set(key, bytes.subarray(position, position + length));
    position += length;
  }
  return storages;
}

/** The types of all storages that an object refers to, by key. */
function storageTypes(root: Pickled): Map<string, string> {
  const types = new Map<string, string>();
  const seen = new Set<Pickled>();
  const pending: Pickled[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    const storage = storageOfReference(value);
    if (storage) types.set(storage.key, storage.type);
    for (const child of childrenOf(value)) pending.push(child);
  }
  return types;
}

/** PyTorch's names of the types that safetensors calls otherwise. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ["torch.FloatStorage", "F32"],
  ["torch.DoubleStorage", "F64"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ShortStorage", "I16"],
  ["torch.CharStorage", "I8"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "BOOL"],
]);

/** `('storage', torch.FloatStorage, key, location, count)`, where no view of another storage follows. */
export function storageOfReference(value: Pickled | undefined): Storage | undefined {
  if (typeof value !== "object" || value === null || !("id" in value)) return undefined;
  const [tag, type, key, , , view = null] = itemsOf(value.id) ?? [];
  if (tag !== "storage" || view !== null) return undefined;
  const name = nameOf(type);
  return { type: TYPE_NAMES.get(name) ?? name, key: textOf(key) };
}
