import { posix } from "node:path";
import { PetageError } from "#lib/base/errors.ts";
import type { DataFiles } from "#lib/data/files.ts";

/** A folder as it was read, by the composed form (NFC) of the names in it. */
interface Folder {
  readonly files: ReadonlyMap<string, string>;
  readonly folders: ReadonlyMap<string, string>;
}

const NOTHING: Folder = { files: new Map(), folders: new Map() };

/**
 * The files below a folder, each folder being read once. Names are one and the same whichever Unicode form they have:
 * macOS writes u and two dots where others write one letter.
 */
export class FileTree {
  readonly #files: DataFiles;
  readonly #root: string;
  readonly #folders = new Map<string, Promise<Folder>>();

  constructor(files: DataFiles, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /** The absolute path of a file as the disk has it; `undefined` where it is not. */
  async find(path: string): Promise<string | undefined> {
    const folder = await this.#find(posix.dirname(path));
    if (folder === undefined) return undefined;
    const found = nameIn((await this.#read(folder)).files, posix.basename(path));
    return found === undefined ? undefined : this.#files.resolve(folder, found);
  }

  /** Names of the files in the folder where one was looked for. */
  async filesBeside(path: string): Promise<readonly string[]> {
    const folder = await this.#find(posix.dirname(path));
    return folder === undefined ? [] : [...(await this.#read(folder)).files.values()];
  }

  /** The absolute path of a folder as the disk has it. */
  async #find(path: string): Promise<string | undefined> {
    const asWritten = this.#files.resolve(this.#root, path);
    if ((await this.#read(asWritten)) !== NOTHING) return asWritten;
    if (path === "." || path.startsWith("..") || posix.isAbsolute(path)) return undefined;
    const parent = await this.#find(posix.dirname(path));
    if (parent === undefined) return undefined;
    const name = nameIn((await this.#read(parent)).folders, posix.basename(path));
    return name === undefined ? undefined : this.#files.resolve(parent, name);
  }

  #read(folder: string): Promise<Folder> {
    const reading = this.#folders.get(folder) ?? this.#list(folder);
    this.#folders.set(folder, reading);
    return reading;
  }

  async #list(folder: string): Promise<Folder> {
    try {
      const { files, folders } = await this.#files.list(folder);
      return { files: byForm(files), folders: byForm(folders) };
    } catch (error) {
      if (PetageError.from(error).code === "NOT_FOUND") return NOTHING;
      throw error;
    }
  }
}

function byForm(names: readonly string[]): ReadonlyMap<string, string> {
  // Both forms of a name may be there, and are then two names.
  return new Map([
    ...names.map((name) => [name.normalize(), name] as const),
    ...names.map((name) => [name, name] as const),
  ]);
}

function nameIn(names: ReadonlyMap<string, string>, name: string): string | undefined {
  return names.get(name) ?? names.get(name.normalize());
}
