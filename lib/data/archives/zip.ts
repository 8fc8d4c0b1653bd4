import { inflateRawSync } from "node:zlib";
import { MAX_ENTRIES, MAX_LIST_BYTES, type Invalid, type Member, type Members } from "./member.ts";
import type { Reading } from "./reading.ts";

const CENTRAL_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
/** A comment may follow the directory's end. */
const MAX_COMMENT_BYTES = 2 ** 16;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAG = 1;
/** Stands where a number has no room, and the one of 64 bits is meant. */
const IN_64_BITS = 0xffffffff;
/** The extra field that has it. */
const EXTRA_64 = 1;

/** The directory of an archive (PKWARE's APPNOTE 4.3), zip64 included. @param invalid makes the error that says what is wrong */
export function* readZip(size: number, invalid: Invalid): Reading<Members> {
  const { count, at, bytes } = yield* findDirectory(size, invalid);
  if (count > MAX_ENTRIES) throw invalid(`the archive has ${count} entries: the limit is ${MAX_ENTRIES}`);
  if (bytes > MAX_LIST_BYTES)
    throw invalid(`the archive's directory has ${bytes} bytes: the limit is ${MAX_LIST_BYTES}`);
  const directory = yield { at, bytes };
  const view = viewOf(directory);
  const members = new Map<string, Member>();
  let next = 0;
  for (let left = count; left > 0; left--) {
    if (next + CENTRAL_HEADER_BYTES > directory.length || view.getUint32(next, true) !== CENTRAL_ENTRY) {
      throw invalid("the archive's directory is damaged");
    }
    const nameEnd = next + CENTRAL_HEADER_BYTES + view.getUint16(next + 28, true);
    const extraEnd = nameEnd + view.getUint16(next + 30, true);
    const name = textOf(directory.subarray(next + CENTRAL_HEADER_BYTES, nameEnd));
    if (members.has(name)) throw invalid(`the archive has two entries of one name: ${JSON.stringify(name)}`);
    members.set(
      name,
      readCentral(directory.subarray(next, next + CENTRAL_HEADER_BYTES), directory.subarray(nameEnd, extraEnd)),
    );
    next = extraEnd + view.getUint16(next + 32, true);
  }
  return members;
}

interface Directory {
  readonly count: number;
  readonly at: number;
  readonly bytes: number;
}

function* findDirectory(size: number, invalid: Invalid): Reading<Directory> {
  const tailAt = Math.max(0, size - END_BYTES - MAX_COMMENT_BYTES - LOCATOR_BYTES);
  const tail = yield { at: tailAt, bytes: size - tailAt };
  const view = viewOf(tail);
  let end = tail.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw invalid("it is cut off: the archive has no directory at its end");
  const locator = end - LOCATOR_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64) {
    return {
      count: view.getUint16(end + 10, true),
      bytes: view.getUint32(end + 12, true),
      at: view.getUint32(end + 16, true),
    };
  }
  const record = yield { at: Number(view.getBigUint64(locator + 8, true)), bytes: END_64_BYTES };
  const view64 = viewOf(record);
  if (record.length < END_64_BYTES || view64.getUint32(0, true) !== END_OF_DIRECTORY_64) {
    throw invalid("the archive's directory is damaged");
  }
  const number = (at: number): number => Number(view64.getBigUint64(at, true));
  return { count: number(32), bytes: number(40), at: number(48) };
}

function readCentral(header: Uint8Array, extra: Uint8Array): Member {
  const view = viewOf(header);
  const wide = numbersOf64(extra);
  /** Those that have no room come in this order. */
  const number = (at: number): number => {
    const short = view.getUint32(at, true);
    return short === IN_64_BITS ? (wide.shift() ?? short) : short;
  };
  const [inflatedBytes, bytes, at] = [number(24), number(20), number(42)];
  const isEncrypted = (view.getUint16(8, true) & ENCRYPTED_FLAG) !== 0;
  return { at, bytes, inflatedBytes, method: isEncrypted ? "encrypted" : view.getUint16(10, true) };
}

function numbersOf64(extra: Uint8Array): number[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    const count = Math.floor(Math.min(view.getUint16(at + 2, true), extra.length - at - 4) / 8);
    if (view.getUint16(at, true) !== EXTRA_64) continue;
    return Array.from({ length: count }, (_, index) => Number(view.getBigUint64(at + 4 + 8 * index, true)));
  }
  return [];
}

/** The content of an entry, of just as many bytes as the directory says. */
export function* readZipMember(member: Member, invalid: Invalid): Reading<Uint8Array> {
  const { at, bytes, inflatedBytes, method } = member;
  const header = yield { at, bytes: LOCAL_HEADER_BYTES };
  const view = viewOf(header);
  if (header.length < LOCAL_HEADER_BYTES || view.getUint32(0, true) !== LOCAL_ENTRY) {
    throw invalid("an entry of the archive is not where its directory says");
  }
  if (method === "encrypted") throw invalid("an entry of the archive is encrypted");
  if (method !== STORED && method !== DEFLATED) throw invalid(`the archive is compressed by method ${method}`);
  const start = at + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  const content = yield { at: start, bytes };
  if (content.length < bytes) throw invalid("the archive is cut off");
  const inflated = method === STORED ? content : inflate(content, inflatedBytes, invalid);
  if (inflated.length !== inflatedBytes)
    throw invalid("an entry of the archive has another size than its directory says");
  return inflated;
}

/** Whether an entry is compressed, so that it may unfold to far more than its size. */
export function isDeflated({ method }: Member): boolean {
  return method === DEFLATED;
}

function inflate(content: Uint8Array, inflatedBytes: number, invalid: Invalid): Uint8Array {
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(1, inflatedBytes) });
  } catch {
    throw invalid(`an entry of the archive does not inflate to the ${inflatedBytes} bytes of its directory`);
  }
}

/** UTF-8, which most programs write whether they say so or not; otherwise each byte as a letter, so that names differ. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
