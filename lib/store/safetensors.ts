import { PetageError } from "#lib/base/errors.ts";
import type { StateDict, TensorData } from "#lib/model/checkpoint.ts";
import { ELEMENT_TYPES, KNOWN_TYPES } from "./element-types.ts";
import { faultOfJson } from "./json-keys.ts";
import { checkTensors, contiguousStrides, countOf, MAX_AXES, readAll, shown } from "./stored-tensor.ts";
import type { StoredTensor } from "./stored-tensor.ts";

// The safetensors format: 8 bytes length of the header, little-endian; the header, JSON: name -> dtype, shape and
// offsets; then the tensors, row-major, without gaps. https://huggingface.co/docs/safetensors

/** A header larger than this is not one of ours, nor of anybody's real model. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
/** Header, entry, and its list of sizes. */
const HEADER_NESTING = 3;
const LENGTH_BYTES = 8;
const ALIGNMENT_BYTES = 8;

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The file as pieces to write one after another, without copying the tensors. */
export function encodeSafetensors(tensors: StateDict, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] {
  const header = new Map<string, HeaderEntry | Readonly<Record<string, string>>>([["__metadata__", metadata]]);
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, values }] of tensors) {
    header.set(name, { dtype, shape, data_offsets: [offset, offset + values.byteLength] });
    pieces.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    offset += values.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = new Uint8Array(Math.ceil(text.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES).fill(0x20);
  padded.set(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  return [length, padded, ...pieces];
}

/** Reads a whole file. Throws CHECKPOINT_INVALID, naming `source`, when anything does not fit. */
export function decodeSafetensors(bytes: Uint8Array, source: string): Map<string, TensorData> {
  return readAll(openSafetensors(bytes, source));
}

/** The tensors of a whole file, their ranges checked and no value read. Throws CHECKPOINT_INVALID, naming `source`. */
export function openSafetensors(bytes: Uint8Array, source: string): Map<string, StoredTensor> {
  const hint = "Download or copy it again, or write it anew with safetensors";
  const invalid: Invalid = (what) => new PetageError("CHECKPOINT_INVALID", `${source} is damaged: ${what}`, { hint });
  if (bytes.length < LENGTH_BYTES) throw invalid(`${bytes.length} bytes, expected a header of 8 or more`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + length > bytes.length) {
    throw invalid(`its header claims ${length} bytes, expected at most ${MAX_HEADER_BYTES} and no more than there are`);
  }
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), invalid);
  const body = bytes.subarray(LENGTH_BYTES + length);
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  const checked = entries.map(([name, value]) => checkEntry(name, value, { body, invalid }));
  checkSequence(checked, { body, invalid });
  const tensors = new Map(checked.map(({ name, tensor }) => [name, tensor]));
  checkTensors(tensors, { source, fileBytes: bytes.length });
  return tensors;
}

/** An error that says what is wrong with the file. */
type Invalid = (what: string) => PetageError;

interface Place {
  /** What follows the header. */
  readonly body: Uint8Array;
  readonly invalid: Invalid;
}

function parseHeader(bytes: Uint8Array, invalid: Invalid): Record<string, unknown> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const fault = faultOfJson(text, HEADER_NESTING);
    if (fault !== undefined) throw invalid(`its header ${fault}`);
    const header: unknown = JSON.parse(text);
    if (typeof header === "object" && header !== null && !Array.isArray(header)) {
      return header as Record<string, unknown>;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw invalid("its header is not JSON, an object in UTF-8");
}

function isHeaderEntry(value: unknown): value is HeaderEntry {
  const entry = value as Partial<HeaderEntry> | null;
  return (
    typeof entry?.dtype === "string" &&
    Array.isArray(entry.shape) &&
    entry.shape.length <= MAX_AXES &&
    entry.shape.every((size) => Number.isSafeInteger(size) && Number(size) >= 0) &&
    Array.isArray(entry.data_offsets) &&
    entry.data_offsets.length === 2 &&
    entry.data_offsets.every(Number.isSafeInteger)
  );
}

interface Entry {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  readonly tensor: StoredTensor;
}

function checkEntry(name: string, value: unknown, { body, invalid }: Place): Entry {
  if (!isHeaderEntry(value)) throw invalid(`entry ${shown(name)} has no dtype, shape and two offsets`);
  const { dtype, shape } = value;
  const [begin, end] = value.data_offsets;
  const type = ELEMENT_TYPES.get(dtype);
  if (!type) throw invalid(`${shown(name)} is of type ${shown(dtype)}, expected one of ${KNOWN_TYPES}`);
  const count = countOf(shape);
  if (begin < 0 || end > body.length || end - begin !== count * type.bytes) {
    throw invalid(
      `${shown(name)} has offsets ${begin}..${end} in ${body.length} bytes for ${count} values of ${dtype}`,
    );
  }
  const storage = body.subarray(begin, end);
  return { name, begin, end, tensor: { storage, type, offset: 0, shape, strides: contiguousStrides(shape) } };
}

/** Every byte after the header belongs to one tensor. */
function checkSequence(entries: readonly Entry[], { body, invalid }: Place): void {
  let expected = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== expected) {
      const what = begin < expected ? "overlaps the one before it" : "leaves a gap";
      throw invalid(`${shown(name)} ${what}: it begins at byte ${begin}, expected ${expected}`);
    }
    expected = end;
  }
  if (expected !== body.length) throw invalid(`its tensors end at byte ${expected} of ${body.length}`);
}
