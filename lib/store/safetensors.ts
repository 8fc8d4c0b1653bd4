import { PetageError } from "#lib/base/errors.ts";
import type { StateDict, TensorData } from "#lib/model/checkpoint.ts";

// The safetensors format: 8 bytes length of the header, little-endian; the header, JSON: name -> dtype, shape and
// offsets; then the tensors, row-major, without gaps. https://huggingface.co/docs/safetensors

/** A header larger than this is not one of ours, nor of anybody's real model. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
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
  const invalid = (what: string): PetageError => new PetageError("CHECKPOINT_INVALID", `${source} is damaged: ${what}`);
  if (bytes.length < 8) throw invalid(`${bytes.length} bytes, expected a header of 8 or more`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > bytes.length) throw invalid(`its header claims ${length} bytes`);
  const header = parseHeader(bytes.subarray(8, 8 + length), invalid);
  const body = bytes.subarray(8 + length);
  const tensors = new Map<string, TensorData>();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") tensors.set(name, decodeTensor(name, entry, { body, invalid }));
  }
  return tensors;
}

function parseHeader(text: Uint8Array, invalid: (what: string) => PetageError): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(text));
    if (typeof header === "object" && header !== null) return header as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid("its header is not JSON");
}

function isHeaderEntry(value: unknown): value is HeaderEntry {
  const entry = value as Partial<HeaderEntry> | null;
  return (
    typeof entry?.dtype === "string" &&
    Array.isArray(entry.shape) &&
    entry.shape.every((size) => Number.isInteger(size) && Number(size) >= 0) &&
    Array.isArray(entry.data_offsets) &&
    entry.data_offsets.every(Number.isInteger)
  );
}

function decodeTensor(
  name: string,
  entry: unknown,
  { body, invalid }: { readonly body: Uint8Array; readonly invalid: (what: string) => PetageError },
): TensorData {
  if (!isHeaderEntry(entry)) throw invalid(`entry ${name} has no dtype, shape and offsets`);
  const { dtype, shape } = entry;
  const [begin, end] = entry.data_offsets;
  const count = shape.reduce((product, size) => product * size, 1);
  const width = dtype === "F32" ? 4 : dtype === "I64" ? 8 : 0;
  if (width === 0) throw invalid(`${name} is of type ${dtype}, expected F32 or I64`);
  if (begin < 0 || end > body.length || end - begin !== count * width) {
    throw invalid(`${name} has offsets ${begin}..${end} in ${body.length} bytes for ${count} values`);
  }
  // A copy, because typed arrays need an alignment that a file does not promise. (`slice` of a Buffer is none.)
  const copy = new Uint8Array(body.subarray(begin, end)).buffer;
  return dtype === "F32"
    ? { dtype, shape, values: new Float32Array(copy) }
    : { dtype: "I64", shape, values: new BigInt64Array(copy) };
}
