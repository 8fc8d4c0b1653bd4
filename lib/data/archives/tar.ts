import { Header, Pax } from "tar";
import type { PetageError } from "#lib/base/errors.ts";
import { MAX_ENTRIES, type Invalid, type Member, type Members } from "./member.ts";
import type { Reading } from "./reading.ts";

const BLOCK_BYTES = 512;
/** Of what comes before an entry: its long name, or its attributes. */
const MAX_PREFACE_BYTES = 2 ** 20;

const FILES: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile"]);

/** What was said of the next entry before it, and of all that follow. */
interface Said {
  next: Pax | undefined;
  all: Pax | undefined;
}

/** Where the files of an archive lie (POSIX pax, GNU and ustar). Of two entries of one name the later one holds. */
export function* readTar(size: number, invalid: Invalid): Reading<Members> {
  const members = new Map<string, Member>();
  const said: Said = { next: undefined, all: undefined };
  for (let at = 0, entries = 0; at + BLOCK_BYTES <= size; entries++) {
    if (entries > MAX_ENTRIES) throw invalid(`the archive has more than ${MAX_ENTRIES} entries`);
    const block = yield { at, bytes: BLOCK_BYTES };
    const damaged = (): PetageError => invalid(`it is damaged at byte ${at}: there is no header of an entry`);
    const header = guarded(() => decode(block, said), damaged);
    if (header.nullBlock) return members;
    const { size: bytes = 0 } = header;
    if (!header.cksumValid) throw damaged();
    if (!Number.isSafeInteger(bytes) || bytes < 0 || at + BLOCK_BYTES + bytes > size) throw invalid("it is cut off");
    const content = { at: at + BLOCK_BYTES, bytes };
    if (isPreface(header)) {
      if (bytes > MAX_PREFACE_BYTES) throw invalid(`an entry's name or attributes have ${bytes} bytes`);
      const text = Buffer.from(yield content).toString();
      guarded(() => take(header.type, text, said), damaged);
    } else {
      if (FILES.has(header.type)) members.set(header.path ?? "", { ...content, inflatedBytes: bytes, method: 0 });
      said.next = undefined;
    }
    at = content.at + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
  throw invalid("it is cut off: the archive has no end");
}

/** The content of an entry. */
export function* readTarMember({ at, bytes }: Member, invalid: Invalid): Reading<Uint8Array> {
  const content = yield { at, bytes };
  if (content.length < bytes) throw invalid("the archive is cut off");
  return content;
}

/** The library throws errors of its own, of numbers that cannot be. */
function guarded<Result>(work: () => Result, damaged: () => PetageError): Result {
  try {
    return work();
  } catch {
    throw damaged();
  }
}

function decode(block: Uint8Array, { next, all }: Said): Header {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  bytes.set(block);
  return new Header(bytes, 0, next, all);
}

function isPreface({ type }: Header): boolean {
  return [
    "ExtendedHeader",
    "OldExtendedHeader",
    "GlobalExtendedHeader",
    "NextFileHasLongPath",
    "OldGnuLongPath",
  ].includes(type);
}

function take(type: Header["type"], text: string, said: Said): void {
  if (type === "GlobalExtendedHeader") said.all = Pax.parse(text, said.all, true);
  else if (type === "ExtendedHeader" || type === "OldExtendedHeader") said.next = Pax.parse(text, said.next, false);
  else said.next = new Pax({ ...said.next, path: text.replace(/\0[^]*$/, "") });
}
