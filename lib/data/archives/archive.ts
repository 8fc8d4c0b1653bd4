import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { Invalid, Member, Members } from "./member.ts";
import type { Reading } from "./reading.ts";
import { readTar, readTarMember } from "./tar.ts";
import { readZip, readZipMember } from "./zip.ts";

/** What can be read file by file, by the ending of the name. */
const KINDS = {
  ".zip": { read: readZip, readMember: readZipMember },
  ".tar": { read: readTar, readMember: readTarMember },
};
type Kind = keyof typeof KINDS;

/** What cannot: nothing in it can be found without unpacking all that comes before. */
const CLOSED = /\.(tgz|tbz2?|txz|tar\.\w+|7z|rar|gz)$/i;

export function isClosedArchive(path: string): boolean {
  return CLOSED.test(path);
}

/** The ways to cut a path in two after the name of an archive, the shortest first; what follows may be empty. */
export function archivesIn(path: string): { readonly archive: string; readonly inside: string }[] {
  return [...path.matchAll(/\.(?:zip|tar)(?=[\\/]|$)/gi)].map((match) => {
    const end = match.index + match[0].length;
    return { archive: path.slice(0, end), inside: path.slice(end + 1).replaceAll("\\", "/") };
  });
}

interface Folder {
  readonly files: Map<string, Member>;
  readonly folders: Set<string>;
}

/** The files of an archive as a tree of folders. Its names are those of a tree: none leads out of it. */
export class ArchiveIndex {
  readonly #kind: Kind;
  readonly #invalid: Invalid;
  readonly #folders: ReadonlyMap<string, Folder>;

  private constructor(kind: Kind, members: Members, invalid: Invalid) {
    this.#kind = kind;
    this.#invalid = invalid;
    this.#folders = treeOf(members, invalid);
  }

  /** @param path of the archive, which tells its kind and stands in errors. @throws DATASET_INVALID */
  static *read(path: string, size: number): Reading<ArchiveIndex> {
    const kind = path.toLowerCase().endsWith(".tar") ? ".tar" : ".zip";
    const invalid: Invalid = (what) =>
      new PetageError("DATASET_INVALID", `Cannot read the archive ${path}: ${what}`, {
        hint: "Copy or make it again, or unpack it and name the folder",
      });
    return new ArchiveIndex(kind, yield* KINDS[kind].read(size, invalid), invalid);
  }

  /** What is in a folder of it, "" for the whole; `undefined` where there is no such folder. */
  list(folder: string): { readonly files: readonly string[]; readonly folders: readonly string[] } | undefined {
    const found = this.#folders.get(clean(folder));
    return found && { files: [...found.files.keys()], folders: [...found.folders] };
  }

  find(path: string): Member | undefined {
    const { dir, base } = posix.parse(clean(path));
    return this.#folders.get(dir)?.files.get(base);
  }

  readMember(member: Member): Reading<Uint8Array> {
    return KINDS[this.#kind].readMember(member, this.#invalid);
  }
}

function clean(path: string): string {
  const normal = posix.normalize(path).replace(/^\.\/|\/$/g, "");
  return normal === "." ? "" : normal;
}

function treeOf(members: Members, invalid: Invalid): ReadonlyMap<string, Folder> {
  const folders = new Map<string, Folder>();
  const folderOf = (path: string): Folder => {
    const known = folders.get(path);
    if (known) return known;
    const folder = { files: new Map<string, Member>(), folders: new Set<string>() };
    folders.set(path, folder);
    if (path !== "") {
      const { dir, base } = posix.parse(path);
      folderOf(dir).folders.add(base);
    }
    return folder;
  };
  folderOf("");
  for (const [written, member] of members) {
    const name = written.replaceAll("\\", "/");
    if (/^\/|^[a-z]:|(^|\/)\.\.(\/|$)|\0/i.test(name)) {
      throw invalid(`the name ${JSON.stringify(written)} leads out of it`);
    }
    const path = clean(name);
    if (name.endsWith("/")) folderOf(path);
    else if (path !== "") folderOf(posix.dirname(path).replace(/^\.$/, "")).files.set(posix.basename(path), member);
  }
  return folders;
}
