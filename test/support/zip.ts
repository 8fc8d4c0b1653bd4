import { deflateRawSync } from "node:zlib";

/** An entry of an archive; where sizes are given, the directory states them whatever is true. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  readonly statedBytes?: number;
}

/** A zip archive, also one that lies. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const [files, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const { name, content, deflate = false, statedBytes = content.length } of entries) {
    const data = deflate ? deflateRawSync(content) : Buffer.from(content);
    const length = Buffer.byteLength(name);
    const [local, central] = [Buffer.alloc(30 + length), Buffer.alloc(46 + length)];
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(length, 26);
    local.write(name, 30);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(deflate ? 8 : 0, 10);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(statedBytes, 24);
    central.writeUInt16LE(length, 28);
    central.writeUInt32LE(at, 42);
    central.write(name, 46);
    files.push(local, data);
    directory.push(central);
    at += local.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, ...directory, end]);
}
