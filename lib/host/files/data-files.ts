import { readdir, readFile, stat } from "node:fs/promises";
import { readFileSync, statSync, type Dirent, type Stats } from "node:fs";
import { resolve } from "node:path";
import { PetageError, type ErrorCode } from "#lib/base/errors.ts";
import { decodeText } from "#lib/data/text.ts";
import { LARGE_BYTES_HINT } from "#lib/data/image-limits.ts";
import type { DataFiles, FolderListing } from "#lib/data/files.ts";
import type { AllowedFolders } from "./allowed-folders.ts";

export interface DataFilesOptions {
  /** Folder that relative paths of configs start from; by default the working directory. */
  readonly root?: string;
  /** Read images in this thread: for workers, which would otherwise queue for libuv's few threads. */
  readonly blocking?: boolean;
  /** Where files may lie; anywhere unless given. */
  readonly allowed?: AllowedFolders;
}

/** Of an annotation or class file; one of ImageNet's training split has 50 MB. */
const MAX_TEXT_BYTES = 256 * 2 ** 20;

/** The files of this machine. */
export function localDataFiles(options: DataFilesOptions = {}): DataFiles {
  const { root = ".", blocking = false, allowed } = options;
  return {
    resolve: (...parts) => {
      const path = resolve(root, ...parts);
      return allowed?.named(path) ?? path;
    },
    readText: (path) =>
      orMissing("NOT_FOUND", path, async () => {
        allowed?.reached(path);
        checkFile(path, await stat(path), { maxBytes: MAX_TEXT_BYTES, tooLarge: "DATASET_INVALID" });
        return decodeText(await readFile(path), path, "DATASET_INVALID");
      }),
    read: (path, maxBytes) =>
      orMissing("DATASET_FILE_MISSING", path, async () => {
        checkFile(path, blocking ? statSync(path) : await stat(path), { maxBytes, tooLarge: "IMAGE_TOO_LARGE" });
        return blocking ? readFileSync(path) : await readFile(path);
      }),
    list: (folder) =>
      orMissing("NOT_FOUND", folder, async () => {
        allowed?.reached(folder);
        return await listFolder(folder);
      }),
  };
}

function checkFile(
  path: string,
  found: Stats,
  limit: { readonly maxBytes: number; readonly tooLarge: ErrorCode },
): void {
  refuseEndless(found, { code: "DATASET_FILE_UNREADABLE", what: path, expected: "a file" });
  const { maxBytes, tooLarge } = limit;
  if (found.size <= maxBytes) return;
  throw new PetageError(tooLarge, `The file ${path} has ${found.size} bytes: the limit is ${maxBytes} bytes`, {
    ...(tooLarge === "IMAGE_TOO_LARGE" && { hint: LARGE_BYTES_HINT }),
  });
}

/** Throws for what may be read without end. A folder is told by the system itself, when it is read. */
export function refuseEndless(
  found: Stats,
  { code, what, expected }: { readonly code: ErrorCode; readonly what: string; readonly expected: string },
): void {
  if (found.isFile() || found.isDirectory()) return;
  throw new PetageError(code, `${what} is a pipe, a device or a socket, expected ${expected}`);
}

async function listFolder(folder: string): Promise<FolderListing> {
  const { dev, ino } = await stat(folder);
  const listing = { identity: `${dev}:${ino}`, files: new Array<string>(), folders: new Array<string>() };
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
