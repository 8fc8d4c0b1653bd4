import { closeSync, fstatSync, openSync, readSync, statSync, type Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { PetageError } from "#lib/base/errors.ts";
import { ArchiveIndex, archivesIn, isClosedArchive } from "#lib/data/archives/archive.ts";
import { readLater, readNow, type Reading, type Span } from "#lib/data/archives/reading.ts";
import type { FolderListing } from "#lib/data/files.ts";
import type { AllowedFolders } from "./allowed-folders.ts";
import { checkSize, type FileLimit } from "./refused-files.ts";

export interface ArchiveFilesOptions {
  /** Read in this thread. */
  readonly blocking: boolean;
  readonly allowed: AllowedFolders | undefined;
}

/** Archives whose list of files is kept: a config names few. */
const MAX_ARCHIVES = 16;

/** An archive as it was when its list was read. */
interface Opened {
  readonly path: string;
  readonly index: ArchiveIndex;
  readonly stats: Stats;
}

/** A file or folder in an archive. */
interface Place {
  readonly opened: Opened;
  readonly inside: string;
}

/** The files of zip and tar archives. The list of each is read once, its files where they lie. */
export class ArchiveFiles {
  readonly #options: ArchiveFilesOptions;
  readonly #opened = new Map<string, Promise<Opened>>();

  constructor(options: ArchiveFilesOptions) {
    this.#options = options;
  }

  /** The content of a file in an archive; `undefined` where the path leads into none. Throws ENOENT's kin as for other files. */
  async read(path: string, limit: FileLimit): Promise<Uint8Array | undefined> {
    const place = await this.#placeOf(path);
    if (!place || place.inside === "") return undefined;
    const { opened, inside } = place;
    const member = opened.index.find(inside);
    if (!member) throw noSuchFile(path);
    checkSize(path, Math.max(member.bytes, member.inflatedBytes), limit);
    return await this.#carryOut(opened.index.readMember(member), opened.path, opened.stats);
  }

  /** What is in a folder of an archive; `undefined` where the path leads into none. */
  async list(folder: string): Promise<FolderListing | undefined> {
    const place = await this.#placeOf(folder);
    if (!place) {
      if (isClosedArchive(folder) && (await stat(folder)).isFile()) throw closed(folder);
      return undefined;
    }
    const { opened, inside } = place;
    const listing = opened.index.list(inside);
    if (!listing) throw noSuchFile(folder);
    return { identity: `${opened.stats.dev}:${opened.stats.ino}/${inside}`, ...listing };
  }

  /** An archive is a file: a folder may have such a name, too. */
  async #placeOf(path: string): Promise<Place | undefined> {
    for (const { archive, inside } of archivesIn(path)) {
      const known = this.#opened.get(archive);
      if (known || (await this.#stat(archive))?.isFile())
        return { opened: await (known ?? this.#open(archive)), inside };
    }
    return undefined;
  }

  #open(path: string): Promise<Opened> {
    this.#options.allowed?.reached(path);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size >= MAX_ARCHIVES && oldest !== undefined) this.#opened.delete(oldest);
    const opening = this.#read(path);
    this.#opened.set(path, opening);
    opening.catch(() => this.#opened.delete(path)); // who asks again may be luckier
    return opening;
  }

  async #read(path: string): Promise<Opened> {
    const stats = statSync(path);
    const index = await this.#carryOut(ArchiveIndex.read(path, stats.size), path, stats);
    return { path, index, stats };
  }

  async #stat(path: string): Promise<Stats | undefined> {
    if (this.#options.blocking) return statSync(path, { throwIfNoEntry: false });
    return await stat(path).catch(() => undefined); // whoever reads it is told
  }

  /** @param stats what the archive was when its list was read */
  async #carryOut<Result>(reading: Reading<Result>, path: string, stats: Stats): Promise<Result> {
    return this.#options.blocking ? carryOutNow(reading, path, stats) : await carryOutLater(reading, path, stats);
  }
}

function carryOutNow<Result>(reading: Reading<Result>, path: string, stats: Stats): Result {
  const file = openSync(path, "r");
  try {
    checkUnchanged(path, stats, fstatSync(file));
    return readNow(reading, (span) => {
      const buffer = bufferFor(span, stats);
      return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, span.at));
    });
  } finally {
    closeSync(file);
  }
}

async function carryOutLater<Result>(reading: Reading<Result>, path: string, stats: Stats): Promise<Result> {
  const file = await open(path, "r");
  try {
    checkUnchanged(path, stats, await file.stat());
    return await readLater(reading, async (span) => {
      const buffer = bufferFor(span, stats);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, span.at);
      return buffer.subarray(0, bytesRead);
    });
  } finally {
    await file.close();
  }
}

/** Never larger than the file, whatever its list says. */
function bufferFor({ at, bytes }: Span, { size }: Stats): Buffer {
  return Buffer.allocUnsafe(Math.max(0, Math.min(bytes, size - at)));
}

function checkUnchanged(path: string, before: Stats, now: Stats): void {
  if (before.ino === now.ino && before.size === now.size && before.mtimeMs === now.mtimeMs) return;
  throw new PetageError("DATASET_FILE_UNREADABLE", `The archive ${path} has changed since its list was read`, {
    hint: "Start again; give a new archive a new name",
  });
}

/** As the system says it of files outside archives. */
function noSuchFile(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`There is no ${path}`), { code: "ENOENT" });
}

function closed(path: string): PetageError {
  return new PetageError("DATASET_INVALID", `No photo in ${path} can be read without unpacking all before it`, {
    hint: "Unpack it, or make a .zip or an uncompressed .tar of it",
  });
}
