import type { Random } from "#lib/base/random.ts";

/** Numbers at the borders of what fields of files hold. */
const BORDERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
/** Headers are where most goes wrong. */
const HEADER_BYTES = 64;
const MAX_CHANGES = 8;

/** A copy of a file that is damaged in one to eight ways. @param other a file to take a part of. */
export function damaged(file: Buffer, other: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(file);
  // Mostly few: what is damaged much is refused by its first bytes.
  const changes = random.integer(1, random.integer(1, MAX_CHANGES));
  for (let change = 0; change < changes && bytes.length > 0; change++) bytes = damagedOnce(bytes, other, random);
  return bytes;
}

function damagedOnce(bytes: Buffer, other: Buffer, random: Random): Buffer {
  const place = (): number =>
    random.integer(0, (random.next() < 0.5 ? Math.min(HEADER_BYTES, bytes.length) : bytes.length) - 1);
  const at = place();
  switch (random.integer(0, 6)) {
    case 0: // one bit
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
      return bytes;
    case 1: // one byte
      bytes[at] = random.integer(0, 255);
      return bytes;
    case 2: // a number at a border, in either order
      return withNumber(bytes, at, random);
    case 3: // cut short
      return bytes.subarray(0, at);
    case 4: // a part left out
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 32))]);
    case 5: // a part twice
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - random.integer(1, 64)))]);
    default: // the rest of another file
      return Buffer.concat([bytes.subarray(0, at), other.subarray(Math.min(at, other.length))]);
  }
}

function withNumber(bytes: Buffer, at: number, random: Random): Buffer {
  const number = BORDERS[random.integer(0, BORDERS.length - 1)] ?? 0;
  const width = number > 0xffff ? 4 : number > 0xff ? 2 : 1;
  if (at + width > bytes.length) return bytes;
  if (random.next() < 0.5) bytes.writeUIntBE(number, at, width);
  else bytes.writeUIntLE(number, at, width);
  return bytes;
}
