import { inflateRawSync } from "node:zlib";
import type { PetageError } from "#lib/base/errors.ts";

/** The files of a zip archive, each read once, when it is asked for. */
export interface Archive {
  readonly names: readonly string[];
  /** Undefined where there is none of this name. */
  read(name: string): Uint8Array | undefined;
}

const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_BYTES = 22;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
/** A comment may follow the directory's end. */
const MAX_COMMENT_BYTES = 2 ** 16;
/** More need another directory (zip64), and no model has them. */
const MAX_ENTRIES = 2 ** 16 - 2;
const STORED = 0;
const DEFLATED = 8;
/** What all entries may inflate to: so many times the archive, and so much on top. torch.save compresses nothing. */
const MAX_INFLATION = 16;
const MAX_EXTRA_BYTES = 16 * 2 ** 20;

interface Entry {
  readonly method: number;
  /** In the archive. */
  readonly bytes: number;
  readonly inflatedBytes: number;
  /** Where its own header stands. */
  readonly at: number;
}

/** Opens an archive (PKWARE's APPNOTE 4.3). @param invalid makes the error that says what is wrong with it. */
export function openArchive(bytes: Uint8Array, invalid: (what: string) => PetageError): Archive {
  const entries = readDirectory(bytes, invalid);
  const read = new Map<string, Uint8Array>();
  let inflatable = bytes.length * MAX_INFLATION + MAX_EXTRA_BYTES;
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (!entry || read.has(name)) return read.get(name);
      if (entry.method === DEFLATED) inflatable -= entry.inflatedBytes;
      if (inflatable < 0) throw invalid("the archive inflates to far more than its size");
      const content = readEntry(bytes, entry, invalid);
      read.set(name, content);
      return content;
    },
  };
}

function readDirectory(bytes: Uint8Array, invalid: (what: string) => PetageError): Map<string, Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_OF_DIRECTORY_BYTES;
  const first = Math.max(0, end - MAX_COMMENT_BYTES);
  while (end >= first && view.getUint32(end, true) !== END_OF_DIRECTORY) end -= 1;
  if (end < first) throw invalid("it is cut off: the archive has no directory at its end");
  const count = view.getUint16(end + 10, true);
  if (count > MAX_ENTRIES) throw invalid(`the archive has more than ${MAX_ENTRIES} entries`);
  const entries = new Map<string, Entry>();
  let at = view.getUint32(end + 16, true);
  for (let left = count; left > 0; left--) {
    if (at + CENTRAL_HEADER_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL_ENTRY) {
      throw invalid("the archive's directory is damaged");
    }
    const nameStart = at + CENTRAL_HEADER_BYTES;
    const nameEnd = nameStart + view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(nameStart, nameEnd));
    if (entries.has(name)) throw invalid("the archive has two entries of one name");
    entries.set(name, {
      method: view.getUint16(at + 10, true),
      bytes: view.getUint32(at + 20, true),
      inflatedBytes: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function readEntry(bytes: Uint8Array, entry: Entry, invalid: (what: string) => PetageError): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { at, method, inflatedBytes } = entry;
  if (at + LOCAL_HEADER_BYTES > bytes.length || view.getUint32(at, true) !== LOCAL_ENTRY) {
    throw invalid("an entry of the archive is not where its directory says");
  }
  const start = at + LOCAL_HEADER_BYTES + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + entry.bytes > bytes.length) throw invalid("the archive is cut off");
  const content = bytes.subarray(start, start + entry.bytes);
  if (method !== STORED && method !== DEFLATED) throw invalid(`the archive is compressed by method ${method}`);
  const inflated = method === STORED ? content : inflate(content, { inflatedBytes, invalid });
  if (inflated.length !== inflatedBytes)
    throw invalid("an entry of the archive has another size than its directory says");
  return inflated;
}

function inflate(
  content: Uint8Array,
  { inflatedBytes, invalid }: { readonly inflatedBytes: number; readonly invalid: (what: string) => PetageError },
): Uint8Array {
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(1, inflatedBytes) });
  } catch {
    throw invalid(`an entry of the archive does not inflate to the ${inflatedBytes} bytes of its directory`);
  }
}
