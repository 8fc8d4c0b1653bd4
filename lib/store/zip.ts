import { isDeflated, readZip, readZipMember } from "#lib/data/archives/zip.ts";
import { inMemory, readNow } from "#lib/data/archives/reading.ts";
import type { PetageError } from "#lib/base/errors.ts";

/** The files of a zip archive, each read once, when it is asked for. */
export interface Archive {
  readonly names: readonly string[];
  /** Undefined where there is none of this name. */
  read(name: string): Uint8Array | undefined;
}

/** What all entries may inflate to: so many times the archive, and so much on top. torch.save compresses nothing. */
const MAX_INFLATION = 16;
const MAX_EXTRA_BYTES = 16 * 2 ** 20;

/** Opens an archive. @param invalid makes the error that says what is wrong with it. */
export function openArchive(bytes: Uint8Array, invalid: (what: string) => PetageError): Archive {
  const source = inMemory(bytes);
  const members = readNow(readZip(bytes.length, invalid), source);
  const read = new Map<string, Uint8Array>();
  let inflatable = bytes.length * MAX_INFLATION + MAX_EXTRA_BYTES;
  return {
    names: [...members.keys()],
    read(name) {
      const member = members.get(name);
      if (!member || read.has(name)) return read.get(name);
      if (isDeflated(member)) inflatable -= member.inflatedBytes;
      if (inflatable < 0) throw invalid("the archive inflates to far more than its size");
      const content = readNow(readZipMember(member, invalid), source);
      read.set(name, content);
      return content;
    },
  };
}
