import { readdir, readFile, stat } from "node:fs/promises";
import { readFileSync, statSync, type Dirent } from "node:fs";
import { resolve } from "node:path";
import { PetageError, type ErrorCode } from "#lib/base/errors.ts";
import type { DataFiles, FolderListing } from "#lib/data/files.ts";

export interface DataFilesOptions {
  /** Folder that relative paths of configs start from; by default the working directory. */
  readonly root?: string;
  /** Read images in this thread: for workers, which would otherwise queue for libuv's few threads. */
  readonly blocking?: boolean;
}

/** The files of this machine. */
export function localDataFiles({ root = ".", blocking = false }: DataFilesOptions = {}): DataFiles {
  return {
    resolve: (...parts) => resolve(root, ...parts),
    readText: (path) => orMissing("NOT_FOUND", path, () => readFile(path, "utf8")),
    read: (path, maxBytes) =>
      orMissing("DATASET_FILE_MISSING", path, async () => {
        checkSize(path, blocking ? statSync(path).size : (await stat(path)).size, maxBytes);
        return blocking ? readFileSync(path) : readFile(path);
      }),
    list: (folder) => orMissing("NOT_FOUND", folder, () => listFolder(folder)),
  };
}

function checkSize(path: string, bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new PetageError("IMAGE_TOO_LARGE", `The file ${path} has ${bytes} bytes: the limit is ${maxBytes} bytes`);
}

async function listFolder(folder: string): Promise<FolderListing> {
  const listing = { files: new Array<string>(), folders: new Array<string>() };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const isFolder = await leadsToFolder(entry, resolve(folder, entry.name));
    (isFolder ? listing.folders : listing.files).push(entry.name);
  }
  return listing;
}

async function leadsToFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // A dangling link: whoever reads it is told.
  }
}

/** What the system refuses is the file's fault, unless the system has run out of something. */
async function orMissing<T>(missing: ErrorCode, path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof PetageError) throw thrown;
    const { code: systemCode } = thrown as NodeJS.ErrnoException;
    if (systemCode === "ENOENT" || systemCode === "ENOTDIR") {
      throw new PetageError(missing, `There is no ${path}`, { cause: thrown });
    }
    if (systemCode === "EISDIR")
      throw new PetageError(missing, `${path} is a folder, expected a file`, { cause: thrown });
    const { code, message, hint } = PetageError.from(thrown);
    throw new PetageError(
      code === "FILE_REFUSED" ? "DATASET_FILE_UNREADABLE" : code,
      `Cannot read ${path}. ${message}`,
      {
        cause: thrown,
        ...(hint !== undefined && { hint }),
      },
    );
  }
}
