import { crc32 } from "node:zlib";

import { assert } from "#lib/base/assert.ts";
import { PetageError } from "#lib/base/errors.ts";

/** What a frame is for; the code on the wire is the place in this table, so new kinds go to its end. */
const KINDS = ["reduce", "broadcast", "gather", "hello", "credit", "alive", "leaving", "failed", "resend"] as const;

export type FrameKind = (typeof KINDS)[number];

export interface FrameHeader {
  readonly kind: FrameKind;
  /** The generation of the ring, u32. */
  readonly generation: number;
  /** The rank that wrote the frame, u16. */
  readonly sender: number;
  /** u32; 0 where the kind has no use for it, as the next three. */
  readonly step: number;
  /** u16 */
  readonly bucket: number;
  /** u16 */
  readonly hop: number;
  /** u32 */
  readonly chunk: number;
  /**
   * A count of the bytes that one rank has sent to the next since the beginning, headers included: of a chunk, those
   * before it; of other kinds, what they are about. An integer below 2^53.
   */
  readonly position: number;
}

export interface Frame extends FrameHeader {
  readonly payload: Uint8Array;
}

export const HEADER_BYTES = 40;
const MAGIC = 0x4750; // "PG"
const VERSION = 2;

/** Byte offsets in the header; all numbers are little-endian. */
const AT = {
  magic: 0, // u16
  version: 2, // u8
  kind: 3, // u8
  generation: 4, // u32
  step: 8, // u32
  bucket: 12, // u16
  hop: 14, // u16
  chunk: 16, // u32
  length: 20, // u32, of the payload in bytes
  sender: 24, // u16
  reserved: 26, // u16, zero
  position: 28, // f64
  checksum: 36, // u32, CRC-32 (ISO 3309) of the header up to here and the payload
} as const;

/** One buffer with header and a copy of the payload, which may lie in memory shared with other threads. */
export function encodeFrame(header: FrameHeader, payload: Uint8Array): Uint8Array {
  assert(header.bucket <= 0xffff && header.hop <= 0xffff && header.sender <= 0xffff, "bucket, hop, rank fit 16 bits");
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt16LE(MAGIC, AT.magic);
  frame.writeUInt8(VERSION, AT.version);
  frame.writeUInt8(KINDS.indexOf(header.kind), AT.kind);
  frame.writeUInt32LE(header.generation, AT.generation);
  frame.writeUInt32LE(header.step, AT.step);
  frame.writeUInt16LE(header.bucket, AT.bucket);
  frame.writeUInt16LE(header.hop, AT.hop);
  frame.writeUInt32LE(header.chunk, AT.chunk);
  frame.writeUInt32LE(payload.length, AT.length);
  frame.writeUInt16LE(header.sender, AT.sender);
  frame.writeUInt16LE(0, AT.reserved);
  frame.writeDoubleLE(header.position, AT.position);
  frame.set(payload, HEADER_BYTES);
  frame.writeUInt32LE(checksum(frame), AT.checksum);
  return frame;
}

/**
 * Reads a frame; the payload is a view of `bytes`, on any alignment.
 * @throws Junk when it is damaged or of another version.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (frame.length < HEADER_BYTES) throw new Junk(`${frame.length} bytes are no header`);
  if (frame.readUInt16LE(AT.magic) !== MAGIC) throw new Junk("it does not begin with the magic number");
  const version = frame.readUInt8(AT.version);
  if (version !== VERSION) throw new Junk(`it has version ${version}, expected ${VERSION}`);
  const length = frame.readUInt32LE(AT.length);
  if (frame.length !== HEADER_BYTES + length) {
    throw new Junk(`it has ${frame.length - HEADER_BYTES} bytes of payload, expected ${length}`);
  }
  if (frame.readUInt32LE(AT.checksum) !== checksum(frame)) throw new Junk("its checksum is wrong");
  const kind = KINDS[frame.readUInt8(AT.kind)];
  if (kind === undefined) throw new Junk(`it is of unknown kind ${frame.readUInt8(AT.kind)}`);
  const position = frame.readDoubleLE(AT.position);
  if (!Number.isSafeInteger(position) || position < 0) throw new Junk(`its position ${position} is no count of bytes`);
  return {
    kind,
    generation: frame.readUInt32LE(AT.generation),
    sender: frame.readUInt16LE(AT.sender),
    step: frame.readUInt32LE(AT.step),
    bucket: frame.readUInt16LE(AT.bucket),
    hop: frame.readUInt16LE(AT.hop),
    chunk: frame.readUInt32LE(AT.chunk),
    position,
    payload: frame.subarray(HEADER_BYTES),
  };
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(HEADER_BYTES), crc32(frame.subarray(0, AT.checksum)));
}

/** A message that no rank of this ring has sent in good order. */
export class Junk extends PetageError {
  constructor(what: string) {
    super("RING_PROTOCOL", `Cannot read a message of the ring: ${what}`, {
      hint: "All ranks must run the same version of petage",
    });
  }
}
